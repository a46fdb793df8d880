package main

import (
	"slices"
	"testing"
)

func TestTheCodeOfAMarkdownTextIsItsFilesAndFunctions(t *testing.T) {
	t.Parallel()
	const text = "# Title\n" +
		"\n```go\npackage a\n```\n" +
		"\n```sh\nmake\n```\n" +
		"\n```go\nonly(a, part)\n```\n" +
		"text\n```go\npackage b\n\nvar x = `y`\n```\n" +
		"\n```go\nfunc TestPets(t *testing.T) { pets.Feed(t.Context(), testutil.Food()) }\n```\n" +
		"\n```go\npackage open\n"
	want := []string{
		"package a\n",
		"package b\n\nvar x = `y`\n",
		"package readme\n\nimport \"testing\"\nimport \"example.test/pets\"\nimport \"example.test/pets/testutil\"\n\n" +
			"func TestPets(t *testing.T) { pets.Feed(t.Context(), testutil.Food()) }\n",
	}
	if got := goFiles(text, "example.test/pets"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
