package expression

import (
	"iter"

	"github.com/open-alchemy/packagedb/internal/engine/attribute"
)

// Projection is a parsed projection expression.
type Projection struct {
	paths []Path
}

// ParseProjection parses the text of a ProjectionExpression.
func ParseProjection(text string, a *Attributes) (*Projection, error) {
	return &Projection{}, nil
}

// Apply is the part of the item that the projection names. A nil Projection
// gives the item itself.
func (p *Projection) Apply(it attribute.Item) attribute.Item {
	return it
}

// Paths are the places that the projection names, in the order of its text.
func (p *Projection) Paths() iter.Seq[Path] {
	return func(yield func(Path) bool) {
		if p == nil {
			return
		}
		for _, path := range p.paths {
			if !yield(path) {
				return
			}
		}
	}
}
