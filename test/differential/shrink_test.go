package differential

import (
	"context"
	"slices"
)

// shrink returns a shorter trace with a finding of the same signature: it
// removes steps, larger parts first, and then members of the last request. It
// plays at most the given number of traces.
func (p *player) shrink(ctx context.Context, t *trace, found *finding, plays int) (*trace, *finding, error) {
	best := &trace{tables: t.tables, steps: t.steps[:found.step+1]}
	try := func(candidate *trace) (bool, error) {
		if plays--; plays < 0 {
			return false, nil
		}
		all, err := p.play(ctx, candidate)
		at := slices.IndexFunc(all, func(f *finding) bool { return f.signature() == found.signature() })
		if err != nil || at < 0 {
			return false, err
		}
		f := all[at]
		best = &trace{tables: candidate.tables, steps: candidate.steps[:f.step+1]}
		found = f
		return true, nil
	}
	for size := len(best.steps) / 2; size > 0; {
		removed := false
		for at := 0; at+size < len(best.steps); {
			smaller, err := try(best.without(at, size))
			if err != nil {
				return nil, nil, err
			}
			removed = removed || smaller
			if !smaller {
				at += size
			}
		}
		if !removed || size > len(best.steps)/2 {
			size /= 2
		}
	}
	err := p.simplify(best, try)
	return best, found, err
}

func (t *trace) without(at, size int) *trace {
	steps := append([]step(nil), t.steps[:at]...)
	return &trace{tables: t.tables, steps: append(steps, t.steps[at+size:]...)}
}

// simplify removes members of the last request.
func (p *player) simplify(best *trace, try func(*trace) (bool, error)) error {
	last := best.steps[len(best.steps)-1]
	for i := 0; ; {
		s := last
		s.body = clone(s.body)
		all := places(s.body)
		if i >= len(all) {
			return nil
		}
		if all[i].remove == nil {
			i++
			continue
		}
		all[i].remove()
		simpler, err := try(&trace{tables: best.tables, steps: append(best.without(len(best.steps)-1, 1).steps, s)})
		if err != nil {
			return err
		}
		if simpler {
			last = s
		} else {
			i++
		}
	}
}
