package engine

import "math/bits"

const maxSegments = 1_000_000

func (e *Engine) scan(request document) ([]byte, error) {
	in := readInput{expressionInput: expressionInput{rules: &scanRules}}
	if err := request.read(&in); err != nil {
		return nil, err
	}
	var c constraints
	in.constrain(&c)
	c.atLeast("totalSegments", in.totalSegments, 1)
	c.atMost("totalSegments", in.totalSegments, maxSegments)
	c.atLeast("segment", in.segment, 0)
	c.atMost("segment", in.segment, maxSegments-1)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := in.checkStartValues(); err != nil {
		return nil, err
	}
	if err := in.checkSegments(); err != nil {
		return nil, err
	}
	parsed, err := in.parse()
	if err != nil {
		return nil, err
	}
	r, err := e.prepare(&in, parsed)
	if err != nil {
		return nil, err
	}
	s, err := r.scanSpan()
	if err != nil {
		return nil, err
	}
	p, err := r.read(e, s)
	if err != nil {
		return nil, err
	}
	return r.answer(p), nil
}

func (in *readInput) checkSegments() error {
	switch {
	case in.segment == nil && in.totalSegments == nil:
	case in.totalSegments == nil:
		return validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.segment == nil:
		return validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *in.segment >= *in.totalSegments:
		return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", *in.segment, *in.totalSegments)
	}
	return nil
}

// scanSpan is the whole view, or the segment of it that the request asks for.
func (r *reading) scanSpan() (span, error) {
	in := r.in
	if err := r.checkScalars(); err != nil {
		return span{}, err
	}
	if in.startKey.present {
		if err := r.checkStartKey(); err != nil {
			return span{}, err
		}
	}
	s := span{lower: r.at(key{})}
	if in.totalSegments != nil {
		segment, total := uint64(*in.segment), uint64(*in.totalSegments)
		s.lower = r.at(key{hash: segmentStart(segment, total)})
		if segment+1 < total {
			s.upper = r.at(key{hash: segmentStart(segment+1, total)})
		}
	}
	if in.startKey.present {
		position := r.at(r.view.schema.of(in.startKey.item))
		if r.view.compare(position, s.lower) < 0 || s.upper != nil && r.view.compare(position, s.upper) > 0 {
			return span{}, validation("%s: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d",
				startingKeyError, *in.totalSegments, *in.segment)
		}
		r.resume(&s)
	}
	return s, r.checkProjections()
}

// segmentStart is the first hash of a segment, where all hashes are divided
// evenly between the segments.
func segmentStart(segment, total uint64) uint64 {
	quotient, remainder := bits.Div64(segment, 0, total)
	if remainder > 0 {
		quotient++
	}
	return quotient
}
