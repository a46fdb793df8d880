package packagedb_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-alchemy/packagedb"
)

// write writes a file of a directory of the test's own.
func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// foreign returns an environment full of settings of another AWS account, whose services are
// elsewhere.
func foreign(t *testing.T, elsewhere string) map[string]string {
	t.Helper()
	profile := "\nregion = eu-west-3\ndefaults_mode = auto\nendpoint_url = " + elsewhere + "\n"
	keys := "\naws_access_key_id = AKIAFILE\naws_secret_access_key = secret\n"
	return map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-2", "AWS_PROFILE": "work",
		"AWS_CONFIG_FILE":                    write(t, "[default]"+profile+"[profile work]"+profile),
		"AWS_SHARED_CREDENTIALS_FILE":        write(t, "[default]"+keys+"[work]"+keys),
		"AWS_WEB_IDENTITY_TOKEN_FILE":        write(t, "token"),
		"AWS_ROLE_ARN":                       "arn:aws:iam::123456789012:role/work",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT":  elsewhere,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere, "AWS_ENDPOINT_URL": elsewhere,
	}
}

func TestGet_TestReadsNothingOfAWS(t *testing.T) {
	elsewhere, engine := newRecorder(t, http.StatusBadRequest, refusal), newRecorder(t, http.StatusBadRequest, refusal)
	variables := foreign(t, elsewhere.URL)
	variables["STAGE"], variables["AWS_ENDPOINT_URL_DYNAMODB"] = "TEST", engine.URL
	require.ErrorContains(t, call(t.Context(), get(t, variables), "ListSpecs"), "seen")

	require.Len(t, engine.requests, 1)
	authorization := engine.requests[0].Header.Get("Authorization")
	assert.NotContains(t, authorization, "AKIA")
	assert.NotContains(t, authorization, "eu-west")
	assert.Regexp(t, nameAndVersion, engine.requests[0].UserAgent())
	assert.Empty(t, elsewhere.requests)
}

func TestGet_ProdUsesTheEnvironment(t *testing.T) {
	elsewhere := newRecorder(t, http.StatusBadRequest, refusal)
	variables := foreign(t, elsewhere.URL)
	variables["STAGE"] = "PROD"
	db := get(t, variables)
	assert.Empty(t, elsewhere.requests, "Get sends nothing")
	require.ErrorContains(t, call(t.Context(), db, "ListSpecs"), "seen")

	require.Len(t, elsewhere.requests, 1)
	authorization := elsewhere.requests[0].Header.Get("Authorization")
	assert.Contains(t, authorization, "AKIAENVIRONMENT")
	assert.Contains(t, authorization, "eu-west-2")
	assert.Regexp(t, nameAndVersion, elsewhere.requests[0].UserAgent())
}

// TestGet_ProdFetchesCredentials offers credentials in one way at a time, which the first call uses. Get
// sends nothing, not even to find out its defaults mode.
func TestGet_ProdFetchesCredentials(t *testing.T) {
	elsewhere, engine := newRecorder(t, http.StatusBadRequest, refusal), newRecorder(t, http.StatusBadRequest, refusal)
	const role = "arn:aws:iam::123456789012:role/work"
	for name, offer := range map[string]map[string]string{
		"the metadata service of EC2": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": elsewhere.URL, "AWS_DEFAULTS_MODE": "auto"},
		"the credentials endpoint of ECS and EKS": {
			"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
		},
		"a web identity": {
			"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": write(t, "token"), "AWS_ENDPOINT_URL_STS": elsewhere.URL,
		},
		"a role in a profile": {
			"AWS_CONFIG_FILE": write(t, "[default]\nrole_arn = "+role+"\ncredential_source = Ec2InstanceMetadata\n"+
				"ec2_metadata_service_endpoint = "+elsewhere.URL+"\n"),
			"AWS_ENDPOINT_URL_STS": elsewhere.URL,
		},
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere.requests = nil
			maps.Copy(offer, map[string]string{
				"STAGE": "PROD", "AWS_REGION": "eu-west-2", "AWS_ENDPOINT_URL_DYNAMODB": engine.URL,
			})
			db := get(t, offer)
			assert.Empty(t, elsewhere.requests)
			require.Error(t, call(t.Context(), db, "ListSpecs"))
			assert.NotEmpty(t, elsewhere.requests)
			assert.Empty(t, engine.requests)
		})
	}
}

// TestGet_ProdBoundsCredentials looks at what the SDK tells a server that is ahead: its request's deadline.
func TestGet_ProdBoundsCredentials(t *testing.T) {
	var deadlines []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, deadline, _ := strings.Cut(r.Header.Get("Amz-Sdk-Request"), "ttl=")
		deadlines = append(deadlines, deadline)
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer elsewhere.Close()
	db := get(t, map[string]string{
		"STAGE": "PROD", "AWS_REGION": "eu-west-2", "AWS_MAX_ATTEMPTS": "2",
		"AWS_ENDPOINT_URL_DYNAMODB": elsewhere.URL, "AWS_ENDPOINT_URL_STS": elsewhere.URL,
		"AWS_ROLE_ARN":                "arn:aws:iam::123456789012:role/work",
		"AWS_WEB_IDENTITY_TOKEN_FILE": write(t, "token"),
	})
	require.Error(t, call(t.Context(), db, "ListSpecs"))
	require.Len(t, deadlines, 2)
	deadline, err := time.ParseInLocation("20060102T150405Z", deadlines[1], time.Local)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(time.Hour+30*time.Second), deadline, 30*time.Second)
}

// silentProvider is a provider whose service does not respond.
type silentProvider struct{ asked int }

func (p *silentProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.asked++
	select {
	case <-ctx.Done():
		return aws.Credentials{}, ctx.Err()
	case <-time.After(time.Hour):
		return aws.Credentials{}, errors.New("an hour later")
	}
}

func TestClientOptions_SilentCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := new(silentProvider)
		db := packagedb.New(dynamodb.New(dynamodb.Options{
			Region: "eu-west-1", Credentials: provider,
		}, packagedb.ClientOptions))
		started := time.Now()
		err := call(t.Context(), db, "ListSpecs")
		t.Log(time.Since(started), err)
		require.ErrorContains(t, err, "fetching credentials timed out")
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 30*time.Second, time.Since(started))
		assert.Equal(t, 1, provider.asked, "it is not retried")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = call(ctx, db, "ListSpecs")
		require.ErrorIs(t, err, context.DeadlineExceeded, "the caller's")
	})
}

// TestGet_TestDoesNotParseTheConfiguration makes each setting of AWS invalid. STAGE=PROD reads it
// and fails; STAGE=TEST does not.
func TestGet_TestDoesNotParseTheConfiguration(t *testing.T) {
	broken := write(t, "[default]\naws_access_key_id = AKIAHALF\nuse_fips_endpoint = perhaps\n")
	for name, value := range map[string]string{
		"AWS_PROFILE": "missing", "AWS_CONFIG_FILE": broken, "AWS_SHARED_CREDENTIALS_FILE": broken,
		"AWS_CA_BUNDLE": broken, "AWS_RETRY_MODE": "never", "AWS_USE_FIPS_ENDPOINT": "perhaps",
		"AWS_DEFAULTS_MODE": "none", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "none",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "none",
	} {
		t.Run(name, func(t *testing.T) {
			engine := newRecorder(t, http.StatusBadRequest, refusal)
			db := get(t, map[string]string{
				name: value, "STAGE": "TEST", "AWS_ENDPOINT_URL_DYNAMODB": engine.URL, "AWS_REGION": "eu-west-2",
			})
			require.ErrorContains(t, call(t.Context(), db, "ListSpecs"), "seen")
			assert.Len(t, engine.requests, 1)
			t.Setenv("STAGE", "PROD")
			_, err := packagedb.Get()
			assert.Error(t, err)
		})
	}
}
