package expression

// What the parts of an update cost besides names and values. DynamoDB does not
// document it; the numbers follow from the largest updates that it accepts.
const (
	updateCost      = 3
	clauseCost      = 16
	valueCost       = 3
	pathCost        = 4
	stepCost        = 14
	functionCost    = 34
	ifNotExistsCost = 36
)

// Cost returns the size of the update itself in bytes. Like the item, it may
// not be larger than 400 KB.
func (u *Update) Cost() int {
	cost := updateCost
	for _, c := range u.clauses {
		cost += clauseCost
		if c.op != opRemove {
			cost += namesSize(c.target) + c.operand.cost()
		}
	}
	return cost
}

func (n *node) cost() int {
	switch n.op {
	case opValue:
		return valueCost + n.value.Size()
	case opPath:
		return pathCost + stepCost*len(n.path) + namesSize(n.path)
	}
	cost := functionCost
	if n.op == opIfNotExists {
		cost = ifNotExistsCost
	}
	for _, arg := range n.args {
		cost += arg.cost()
	}
	return cost
}

// namesSize returns the size of the names and indexes of a path.
func namesSize(p Path) int {
	size := 0
	for _, step := range p {
		size += len(step.String())
	}
	return size
}
