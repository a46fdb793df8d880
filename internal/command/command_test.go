package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// disk is a Writer that fails once, like a disk that is full for a moment.
type disk struct{ writes, failing int }

func (d *disk) Write(data []byte) (int, error) {
	if d.writes++; d.writes == d.failing {
		return 0, errors.New("no space left")
	}
	return len(data), nil
}

func TestExecute_FailedWrite(t *testing.T) {
	for _, test := range []struct{ status, failing, want int }{
		{status: 0, failing: 0, want: 0},
		{status: 0, failing: 1, want: 1},
		{status: 0, failing: 2, want: 1},
		{status: 0, failing: 3, want: 1},
		{status: 2, failing: 2, want: 2},
	} {
		run := func(_ context.Context, args []string, stdout, _ io.Writer) int {
			for _, arg := range args {
				fmt.Fprintln(stdout, arg)
			}
			return test.status
		}
		var stderr strings.Builder
		status := execute(t.Context(), run, []string{"/bin/tables", "a", "b", "c"}, &disk{failing: test.failing}, &stderr)
		assert.Equal(t, test.want, status, test)
		assert.Equal(t, test.want == 1, stderr.String() == "tables: no space left\n", test)
	}
}
