package infrastructure

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// awsCLI is an AWS CLI that writes its arguments to a file, a line for each call, and answers what
// the script asks: the account, and the region of the profile.
const awsCLI = `#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case $1 in
  sts) [[ -z $NO_ACCOUNT ]] || { echo "Unable to locate credentials" >&2; exit 255; }; echo 123456789012 ;;
  configure) [[ -n $PROFILE_REGION ]] || exit 1; echo "$PROFILE_REGION" ;;
esac
`

// deploy runs the script with an AWS CLI, or without one if it is empty, and returns what it
// printed, the calls of the CLI and the error of the script.
func deploy(t *testing.T, cli string, environment ...string) (output string, calls []string, err error) {
	t.Helper()
	bin, log := t.TempDir(), filepath.Join(t.TempDir(), "calls")
	for _, tool := range []string{"bash", "env", "dirname"} {
		path, err := exec.LookPath(tool)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(bin, tool)))
	}
	if cli != "" {
		require.NoError(t, os.WriteFile(filepath.Join(bin, "aws"), []byte(cli), 0o755))
	}
	script := exec.CommandContext(t.Context(), "../../infrastructure/deploy")
	script.Env = append([]string{"PATH=" + bin, "CALLS=" + log}, environment...)
	printed, err := script.CombinedOutput()
	written, _ := os.ReadFile(log) // there is none without calls
	return string(printed), strings.Split(strings.TrimSpace(string(written)), "\n"), err
}

func TestDeploy_NamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cli         string
		environment []string
		want        string
	}{
		"without the AWS CLI": {"", nil, "the AWS CLI (aws) is not installed"},
		"without a region":    {awsCLI, nil, "no region is configured"},
		"without an account":  {awsCLI, []string{"AWS_REGION=us-east-1", "NO_ACCOUNT=1"}, "no AWS account"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, calls, err := deploy(t, test.cli, test.environment...)
			require.Error(t, err)
			assert.Contains(t, output, test.want)
			assert.NotContains(t, strings.Join(calls, "\n"), "cloudformation")
		})
	}
}

func TestDeploy_HandsTheTemplateToTheAWSCLI(t *testing.T) {
	t.Parallel()
	template, err := filepath.Abs("../../infrastructure/template.yaml")
	require.NoError(t, err)
	options := " --template-file " + template + " --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset"
	for name, test := range map[string]struct {
		environment []string
		want        string
	}{
		"with the defaults": {[]string{"AWS_REGION=us-east-1"}, "--stack-name packagedb" + options},
		"with all parameters, in the region of the profile": {
			[]string{
				"PROFILE_REGION=us-east-1", "STACK_NAME=pets", "SPECS_TABLE=s", "CREDENTIALS_TABLE=c", "KMS_KEY_ARN=k",
				"MAX_READ_UNITS=1", "MAX_WRITE_UNITS=2", "ALARM_TOPIC_ARN=t", "STACK_TAGS=team=specs stage=prod",
			},
			"--stack-name pets" + options + " --parameter-overrides SpecsTableName=s CredentialsTableName=c KmsKeyArn=k" +
				" MaxReadRequestUnits=1 MaxWriteRequestUnits=2 AlarmTopicArn=t --tags team=specs stage=prod",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, calls, err := deploy(t, awsCLI, test.environment...)
			require.NoError(t, err, output)
			assert.Contains(t, output, "account 123456789012, region us-east-1")
			assert.Contains(t, calls, "cloudformation deploy "+test.want)
		})
	}
}
