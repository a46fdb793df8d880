package packagedb_test

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// TestGet_OnlyProdFetchesCredentials offers credentials in one way at a time. STAGE=PROD uses them,
// and STAGE=TEST sends nothing but its request to the engine.
func TestGet_OnlyProdFetchesCredentials(t *testing.T) {
	directory := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(directory, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for name, offer := range map[string]func(elsewhere string) map[string]string{
		"the metadata service of EC2": func(elsewhere string) map[string]string {
			return map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": elsewhere}
		},
		"the credentials endpoint of ECS and EKS": func(elsewhere string) map[string]string {
			return map[string]string{
				"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
			}
		},
		"a web identity": func(elsewhere string) map[string]string {
			return map[string]string{
				"AWS_ROLE_ARN":                "arn:aws:iam::123456789012:role/work",
				"AWS_WEB_IDENTITY_TOKEN_FILE": write("token", "token"), "AWS_ENDPOINT_URL_STS": elsewhere,
			}
		},
		"a role in a profile": func(elsewhere string) map[string]string {
			return map[string]string{
				"AWS_CONFIG_FILE": write("config", "[default]\nrole_arn = arn:aws:iam::123456789012:role/work\n"+
					"credential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint = "+elsewhere+"\n"),
				"AWS_ENDPOINT_URL_STS": elsewhere,
			}
		},
	} {
		for _, stage := range []string{"TEST", "PROD"} {
			t.Run(name+" under STAGE="+stage, func(t *testing.T) {
				elsewhere := newRecorder(t, http.StatusBadRequest, refusal)
				engine := newRecorder(t, http.StatusBadRequest, refusal)
				variables := offer(elsewhere.URL)
				maps.Copy(variables, map[string]string{
					"STAGE": stage, "AWS_REGION": "eu-west-2", "AWS_ENDPOINT_URL_DYNAMODB": engine.URL,
				})
				setEnvironment(t, variables)
				db, err := packagedb.Get()
				require.NoError(t, err)
				_, err = db.ListSpecs(t.Context(), "sub")
				require.Error(t, err)
				if stage == "PROD" {
					assert.NotEmpty(t, elsewhere.requests)
					assert.Empty(t, engine.requests)
				} else {
					assert.Empty(t, elsewhere.requests)
					assert.Len(t, engine.requests, 1)
				}
			})
		}
	}
}

// TestGet_TestDoesNotParseTheConfiguration makes each setting of AWS invalid. STAGE=PROD reads it
// and fails; STAGE=TEST does not.
func TestGet_TestDoesNotParseTheConfiguration(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken")
	require.NoError(t, os.WriteFile(broken,
		[]byte("[default]\naws_access_key_id = AKIAHALF\nuse_fips_endpoint = perhaps\n"), 0o600))
	for name, value := range map[string]string{
		"AWS_PROFILE": "missing", "AWS_CONFIG_FILE": broken, "AWS_SHARED_CREDENTIALS_FILE": broken,
		"AWS_CA_BUNDLE": broken, "AWS_RETRY_MODE": "never", "AWS_USE_FIPS_ENDPOINT": "perhaps",
		"AWS_DEFAULTS_MODE": "none", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "none",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "none",
	} {
		t.Run(name, func(t *testing.T) {
			engine := newRecorder(t, http.StatusBadRequest, refusal)
			setEnvironment(t, map[string]string{
				name: value, "STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": engine.URL, "AWS_REGION": "eu-west-2",
			})
			db, err := packagedb.Get()
			require.NoError(t, err)
			_, err = db.ListSpecs(t.Context(), "sub")
			require.ErrorContains(t, err, "seen")
			assert.Len(t, engine.requests, 1)
			t.Setenv("STAGE", "PROD")
			_, err = packagedb.Get()
			assert.Error(t, err)
		})
	}
}
