package packagedb_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-alchemy/packagedb"
)

// count is how many requests came.
func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// TestOnlyStageProdAsksForCredentials leads to credentials in one way at a time: STAGE=PROD takes it,
// which shows that the way is open, and STAGE=TEST sends nothing but its request to the engine.
func TestOnlyStageProdAsksForCredentials(t *testing.T) {
	for name, way := range map[string]func(t *testing.T, elsewhere *seen) map[string]string{
		"the metadata service of EC2": func(_ *testing.T, elsewhere *seen) map[string]string {
			return map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": elsewhere.URL}
		},
		"the credentials endpoint of ECS and EKS": func(_ *testing.T, elsewhere *seen) map[string]string {
			return map[string]string{
				"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
			}
		},
		"a web identity": func(t *testing.T, elsewhere *seen) map[string]string {
			token := filepath.Join(t.TempDir(), "token")
			must(t, os.WriteFile(token, []byte("token"), 0o600))
			return map[string]string{
				"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/work", "AWS_WEB_IDENTITY_TOKEN_FILE": token,
				"AWS_ENDPOINT_URL_STS": elsewhere.URL,
			}
		},
		"a role in a profile": func(t *testing.T, elsewhere *seen) map[string]string {
			file := filepath.Join(t.TempDir(), "config")
			must(t, os.WriteFile(file, []byte("[default]\nrole_arn = arn:aws:iam::123456789012:role/work\n"+
				"credential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint = "+elsewhere.URL+"\n"), 0o600))
			return map[string]string{"AWS_CONFIG_FILE": file, "AWS_ENDPOINT_URL_STS": elsewhere.URL}
		},
	} {
		for _, stage := range []string{"TEST", "PROD"} {
			t.Run(name+" at STAGE="+stage, func(t *testing.T) {
				elsewhere, engine := newSeen(t), newSeen(t)
				variables := way(t, elsewhere)
				maps.Copy(variables, map[string]string{
					"STAGE": stage, "AWS_REGION": "eu-west-2", "AWS_MAX_ATTEMPTS": "1",
					"AWS_ENDPOINT_URL_DYNAMODB": engine.URL,
				})
				setEnvironment(t, variables)
				db, err := packagedb.Get()
				must(t, err)
				if _, err := db.ListSpecs(t.Context(), "sub"); err == nil {
					t.Error("a request that is refused succeeds")
				}
				wantElsewhere, wantEngine := 0, 1
				if stage == "PROD" {
					wantElsewhere, wantEngine = max(1, elsewhere.count()), 0
				}
				if elsewhere.count() != wantElsewhere || engine.count() != wantEngine {
					t.Errorf("%d requests went elsewhere and %d to the engine", elsewhere.count(), engine.count())
				}
			})
		}
	}
}

// TestStageTestDoesNotEvenParseTheEnvironment makes each setting of AWS one that cannot be parsed:
// whoever reads it fails, as STAGE=PROD does.
func TestStageTestDoesNotEvenParseTheEnvironment(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken")
	must(t, os.WriteFile(broken, []byte("[default]\naws_access_key_id = AKIAHALF\nuse_fips_endpoint = perhaps\n"), 0o600))
	for name, value := range map[string]string{
		"AWS_PROFILE": "missing", "AWS_CONFIG_FILE": broken, "AWS_SHARED_CREDENTIALS_FILE": broken,
		"AWS_CA_BUNDLE": broken, "AWS_RETRY_MODE": "never", "AWS_USE_FIPS_ENDPOINT": "perhaps",
		"AWS_DEFAULTS_MODE": "none", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "none", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "none",
	} {
		t.Run(name, func(t *testing.T) {
			engine := newSeen(t)
			variables := map[string]string{
				name: value, "STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": engine.URL, "AWS_REGION": "eu-west-2",
			}
			setEnvironment(t, variables)
			db, err := packagedb.Get()
			must(t, err)
			if _, err := db.ListSpecs(t.Context(), "sub"); err == nil || engine.count() != 1 {
				t.Errorf("%d requests came, want 1, which is refused", engine.count())
			}
			t.Setenv("STAGE", "PROD")
			if _, err := packagedb.Get(); err == nil {
				t.Errorf("STAGE=PROD does not mind that %s is %q", name, value)
			}
		})
	}
}
