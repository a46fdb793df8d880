package infrastructure

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The AWS CLI of the tests writes its arguments down, a line for each call, and answers what matters
// to the script: who the account is, and the region of the profile.
const awsCLI = `#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case $1 in
  sts) [[ -z $NO_ACCOUNT ]] || { echo "Unable to locate credentials" >&2; exit 255; }; echo 123456789012 ;;
  configure) [[ -n $PROFILE_REGION ]] || exit 1; echo "$PROFILE_REGION" ;;
esac
`

// deploy runs the script with an AWS CLI, or without where it is empty, and returns what it printed
// and the calls of the CLI.
func deploy(t *testing.T, cli string, environment ...string) (output string, calls []string, failed bool) {
	t.Helper()
	bin, log := t.TempDir(), filepath.Join(t.TempDir(), "calls")
	for _, tool := range []string{"bash", "env", "dirname"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("the script needs %s: %v", tool, err)
		}
		if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	if cli != "" {
		if err := os.WriteFile(filepath.Join(bin, "aws"), []byte(cli), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script := exec.CommandContext(t.Context(), "./deploy")
	script.Env = append([]string{"PATH=" + bin, "CALLS=" + log}, environment...)
	printed, err := script.CombinedOutput()
	written, _ := os.ReadFile(log)
	return string(printed), strings.Split(strings.TrimSpace(string(written)), "\n"), err != nil
}

func TestDeploySaysWhatIsMissing(t *testing.T) {
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
			output, calls, failed := deploy(t, test.cli, test.environment...)
			if !failed || !strings.Contains(output, test.want) {
				t.Errorf("failed is %t, the output %q, want %q in it", failed, output, test.want)
			}
			if strings.Contains(strings.Join(calls, "\n"), "cloudformation") {
				t.Errorf("it went on to %q", calls)
			}
		})
	}
}

func TestDeployHandsTheTemplateToTheAWSCLI(t *testing.T) {
	t.Parallel()
	template, err := filepath.Abs("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		environment []string
		want        string
	}{
		"with the defaults": {
			[]string{"AWS_REGION=us-east-1"},
			"--stack-name packagedb --template-file " + template + " --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset",
		},
		"with names of its own, in the region of the profile": {
			[]string{"PROFILE_REGION=us-east-1", "STACK_NAME=pets", "SPECS_TABLE=s", "CREDENTIALS_TABLE=c"},
			"--stack-name pets --template-file " + template + " --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset" +
				" --parameter-overrides SpecsTableName=s CredentialsTableName=c",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, calls, failed := deploy(t, awsCLI, test.environment...)
			if failed || !strings.Contains(output, "account 123456789012, region us-east-1") {
				t.Errorf("failed is %t, the output %q", failed, output)
			}
			var deployed []string
			for _, call := range calls {
				if arguments, found := strings.CutPrefix(call, "cloudformation deploy "); found {
					deployed = append(deployed, arguments)
				}
			}
			if len(deployed) != 1 || deployed[0] != test.want {
				t.Errorf("deployed %q, want %q", deployed, test.want)
			}
		})
	}
}
