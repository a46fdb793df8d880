package engine

import "math/bits"

const maxSegments = 1_000_000

// scan is the operation Scan.
type scan struct{ reading }

func newScan() *scan {
	return &scan{reading{expressionInput: expressionInput{rules: &scanRules}}}
}

func (r *scan) check() error {
	if err := r.checkOperator(); err != nil {
		return err
	}
	var c constraints
	r.constrain(&c)
	c.atLeast("totalSegments", r.totalSegments, 1)
	c.atMost("totalSegments", r.totalSegments, maxSegments)
	c.atLeast("segment", r.segment, 0)
	c.atMost("segment", r.segment, maxSegments-1)
	if err := c.err(); err != nil {
		return err
	}
	if err := r.expressionInput.check(); err != nil {
		return err
	}
	if err := r.checkStartValues(); err != nil {
		return err
	}
	if err := r.checkSegments(); err != nil {
		return err
	}
	if err := r.parse(); err != nil {
		return err
	}
	return r.checkSelection()
}

func (r *scan) checkSegments() error {
	switch {
	case r.segment == nil && r.totalSegments == nil:
	case r.totalSegments == nil:
		return validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case r.segment == nil:
		return validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *r.segment >= *r.totalSegments:
		return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", *r.segment, *r.totalSegments)
	}
	return nil
}

// lookUp selects the whole view, or the requested segment of it.
func (r *scan) lookUp(e *Engine) error {
	if err := r.lookUpView(e); err != nil {
		return err
	}
	if err := r.checkScalars(); err != nil {
		return err
	}
	if r.startKey.present {
		if err := r.checkStartKey(); err != nil {
			return err
		}
	}
	r.span.lower = r.at(key{edge: beforeKey})
	if r.totalSegments != nil {
		segment, total := uint64(*r.segment), uint64(*r.totalSegments)
		r.span.lower = r.at(key{hash: segmentStart(segment, total), edge: beforeKey})
		if segment+1 < total {
			r.span.upper = r.at(key{hash: segmentStart(segment+1, total), edge: beforeKey})
		}
	}
	if r.startKey.present {
		position := r.at(r.view.schema.of(r.startKey.item))
		if r.view.compare(position, r.span.lower) < 0 || r.span.upper != nil && r.view.compare(position, r.span.upper) > 0 {
			return validation("%s: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d",
				startingKeyError, *r.totalSegments, *r.segment)
		}
		r.resume()
	}
	return r.checkProjections()
}

// segmentStart returns the first hash of a segment. Segments divide all hashes evenly.
func segmentStart(segment, total uint64) uint64 {
	quotient, remainder := bits.Div64(segment, 0, total)
	if remainder > 0 {
		quotient++
	}
	return quotient
}
