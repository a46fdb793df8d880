package engine

import (
	"cmp"
	"math"
	"math/bits"
)

const maxSegments = 1_000_000

// scanInput has the parameters of Scan.
//
//	{"TableName": "pets", "Segment": 0, "TotalSegments": 4, "ExclusiveStartKey": {"id": {"S": "a"}}}
type scanInput struct {
	pageInput
	Segment       *int
	TotalSegments *int
	ScanFilter    conditions
}

// check uses the older words throughout, as most regions of the service do.
func (in *scanInput) check() error {
	in.useOlderMessages()
	if err := cmp.Or(in.checkShape(), in.checkUse("ScanFilter", in.ScanFilter, nil, nil), in.checkSegments()); err != nil {
		return err
	}
	if _, err := in.parse(in.ScanFilter, nil, olderAlways); err != nil {
		return err
	}
	return in.checkSelect()
}

// useOlderMessages replaces the messages about values.
func (in *scanInput) useOlderMessages() {
	in.ExclusiveStartKey.invalid.UseOlder()
	for i := range in.ScanFilter {
		for k := range in.ScanFilter[i].AttributeValueList {
			in.ScanFilter[i].AttributeValueList[k].invalid.UseOlder()
		}
	}
}

func (in *scanInput) checkShape() error {
	var c constraints
	c.oneOf("select", in.Select, selects...)
	c.name("indexName", in.IndexName, 3)
	number(&c, "totalSegments", in.TotalSegments, 1, maxSegments)
	c.capacity(in.ReturnConsumedCapacity)
	c.requireName("tableName", in.TableName, 1)
	c.oneOf("conditionalOperator", in.ConditionalOperator, "OR", "AND")
	for i := range in.ScanFilter {
		in.ScanFilter[i].checkShape(&c, "scanFilter")
	}
	number(&c, "segment", in.Segment, 0, maxSegments-1)
	number(&c, "limit", in.Limit, 1, math.MaxInt)
	c.strings("attributesToGet", in.AttributesToGet, 255)
	return c.err()
}

func (in *scanInput) checkSegments() error {
	switch {
	case in.Segment == nil && in.TotalSegments == nil:
	case in.TotalSegments == nil:
		return validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.Segment == nil:
		return validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *in.Segment >= *in.TotalSegments:
		return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	return nil
}

// scan reads a page of the whole table or index, or of a segment of it.
func (e *Engine) scan(in *scanInput) (*pageOutput, error) {
	p, err := e.newPage(&in.pageInput)
	if err != nil {
		return nil, err
	}
	p.scans = true
	if err := p.check(); err != nil {
		return nil, err
	}
	p.lower = element{key: &key{bound: before}}
	if in.TotalSegments != nil {
		segment, total := uint64(*in.Segment), uint64(*in.TotalSegments)
		p.lower.key.hash = segmentStart(segment, total)
		if segment+1 < total {
			p.upper = element{key: &key{hash: segmentStart(segment+1, total), bound: before}}
		}
	}
	if in.ExclusiveStartKey.present {
		k := p.view.schema.of(in.ExclusiveStartKey.item)
		if k.compare(p.lower.key) < 0 || p.upper.key != nil && k.compare(p.upper.key) > 0 {
			return nil, validation("%s: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d",
				startingKeyError, *in.TotalSegments, *in.Segment)
		}
		p.startAfter()
	}
	return e.read(p)
}

// segmentStart returns the first hash of a segment. Segments divide all hashes evenly.
func segmentStart(segment, total uint64) uint64 {
	quotient, remainder := bits.Div64(segment, 0, total)
	if remainder > 0 {
		quotient++
	}
	return quotient
}
