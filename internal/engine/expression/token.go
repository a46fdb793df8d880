package expression

import (
	"strings"
	"unicode/utf8"
)

// operator is what a token stands for and what a part of an expression does.
type operator uint8

const (
	opEnd        operator = iota // of the expression
	opUnknown                    // no token of the grammar
	opIdentifier                 // color
	opName                       // #color
	opInteger
	opPath
	opValue    // :color
	opFunction // any function, before its name is looked up

	opAnd
	opOr
	opNot
	opIn
	opBetween
	// The sections of an update expression, which are keywords everywhere.
	opSet
	opRemove
	opAdd
	opDelete

	// An operator comes before those that it begins with.
	opNotEqual
	opLessOrEqual
	opGreaterOrEqual
	opEqual
	opLess
	opGreater
	opOpen
	opClose
	opOpenIndex
	opCloseIndex
	opDot
	opComma
	opPlus
	opMinus

	opAttributeExists
	opAttributeNotExists
	opAttributeType
	opBeginsWith
	opContains
	opSize
	opIfNotExists
	opListAppend
)

var operatorNames = [...]string{
	opAnd: "AND", opOr: "OR", opNot: "NOT", opIn: "IN", opBetween: "BETWEEN",
	opSet: "SET", opRemove: "REMOVE", opAdd: "ADD", opDelete: "DELETE",
	opNotEqual: "<>", opLessOrEqual: "<=", opGreaterOrEqual: ">=", opEqual: "=", opLess: "<", opGreater: ">",
	opOpen: "(", opClose: ")", opOpenIndex: "[", opCloseIndex: "]", opDot: ".", opComma: ",", opPlus: "+", opMinus: "-",
	opAttributeExists: "attribute_exists", opAttributeNotExists: "attribute_not_exists",
	opAttributeType: "attribute_type", opBeginsWith: "begins_with", opContains: "contains", opSize: "size",
	opIfNotExists: "if_not_exists", opListAppend: "list_append",
}

// String returns the operator as DynamoDB's messages name it.
func (op operator) String() string { return operatorNames[op] }

// isInfix reports whether the operator stands behind its first operand in a condition.
func (op operator) isInfix() bool {
	return opNotEqual <= op && op <= opGreater || op == opBetween || op == opIn
}

// isSection reports whether the operator begins a section of an update.
func (op operator) isSection() bool { return opSet <= op && op <= opDelete }

// place is where in an expression a function may stand.
type place uint8

const (
	inCondition place = iota
	inOperand         // of a condition
	inUpdate
	inProjection
)

// functions has the number of operands of each function, and where it may stand.
var functions = map[operator]struct {
	operands int
	place    place
}{
	opAttributeExists:    {1, inCondition},
	opAttributeNotExists: {1, inCondition},
	opAttributeType:      {2, inCondition},
	opBeginsWith:         {2, inCondition},
	opContains:           {2, inCondition},
	opSize:               {1, inOperand},
	opIfNotExists:        {2, inUpdate},
	opListAppend:         {2, inUpdate},
}

// token is a part of an expression between two positions.
type token struct {
	kind       operator
	start, end int
}

// scan returns the first token at or after the position.
func scan(input string, position int) token {
	rest := strings.TrimLeft(input[position:], " \t\r\n")
	if rest == "" {
		return token{kind: opEnd, start: len(input), end: len(input)}
	}
	kind, length := opUnknown, 1
	switch c := rest[0]; {
	case isLetter(c):
		length = wordLength(rest)
		kind = keyword(rest[:length])
	case c == '0':
		kind = opInteger
	case isDigit(c):
		kind = opInteger
		for length < len(rest) && isDigit(rest[length]) {
			length++
		}
	case c == '#' || c == ':':
		length += wordLength(rest[1:])
		switch {
		case length == 1: // no placeholder
		case c == '#':
			kind = opName
		default:
			kind = opValue
		}
	default:
		kind, length = punctuation(rest)
	}
	start := len(input) - len(rest)
	return token{kind: kind, start: start, end: start + length}
}

// keyword returns the operator that a word stands for in any case, or opIdentifier.
func keyword(word string) operator {
	for op := opAnd; op <= opDelete; op++ {
		if len(word) == len(operatorNames[op]) && strings.EqualFold(word, operatorNames[op]) {
			return op
		}
	}
	return opIdentifier
}

// punctuation returns the operator that s begins with, or opUnknown for a character that is none,
// and its length.
func punctuation(s string) (op operator, length int) {
	for op := opNotEqual; op <= opMinus; op++ {
		if strings.HasPrefix(s, operatorNames[op]) {
			return op, len(operatorNames[op])
		}
	}
	_, length = utf8.DecodeRuneInString(s)
	return opUnknown, length
}

// wordLength returns the number of letters, digits and underscores that s begins with.
func wordLength(s string) int {
	length := 0
	for length < len(s) && (isLetter(s[length]) || isDigit(s[length]) || s[length] == '_') {
		length++
	}
	return length
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// reservedWords are the words that DynamoDB's documentation reserves. In an expression they cannot
// name an attribute, in any case of letters, except through a placeholder.
var reservedWords = func() map[string]bool {
	words := make(map[string]bool)
	for word := range strings.FieldsSeq(`
ABORT ABSOLUTE ACTION ADD AFTER AGENT AGGREGATE ALL ALLOCATE ALTER ANALYZE AND ANY ARCHIVE ARE
ARRAY AS ASC ASCII ASENSITIVE ASSERTION ASYMMETRIC AT ATOMIC ATTACH ATTRIBUTE AUTH AUTHORIZATION
AUTHORIZE AUTO AVG BACK BACKUP BASE BATCH BEFORE BEGIN BETWEEN BIGINT BINARY BIT BLOB BLOCK
BOOLEAN BOTH BREADTH BUCKET BULK BY BYTE CALL CALLED CALLING CAPACITY CASCADE CASCADED CASE CAST
CATALOG CHAR CHARACTER CHECK CLASS CLOB CLOSE CLUSTER CLUSTERED CLUSTERING CLUSTERS COALESCE
COLLATE COLLATION COLLECTION COLUMN COLUMNS COMBINE COMMENT COMMIT COMPACT COMPILE COMPRESS
CONDITION CONFLICT CONNECT CONNECTION CONSISTENCY CONSISTENT CONSTRAINT CONSTRAINTS CONSTRUCTOR
CONSUMED CONTINUE CONVERT COPY CORRESPONDING COUNT COUNTER CREATE CROSS CUBE CURRENT CURSOR
CYCLE DATA DATABASE DATE DATETIME DAY DEALLOCATE DEC DECIMAL DECLARE DEFAULT DEFERRABLE DEFERRED
DEFINE DEFINED DEFINITION DELETE DELIMITED DEPTH DEREF DESC DESCRIBE DESCRIPTOR DETACH
DETERMINISTIC DIAGNOSTICS DIRECTORIES DISABLE DISCONNECT DISTINCT DISTRIBUTE DO DOMAIN DOUBLE
DROP DUMP DURATION DYNAMIC EACH ELEMENT ELSE ELSEIF EMPTY ENABLE END EQUAL EQUALS ERROR ESCAPE
ESCAPED EVAL EVALUATE EXCEEDED EXCEPT EXCEPTION EXCEPTIONS EXCLUSIVE EXEC EXECUTE EXISTS EXIT
EXPLAIN EXPLODE EXPORT EXPRESSION EXTENDED EXTERNAL EXTRACT FAIL FALSE FAMILY FETCH FIELDS FILE
FILTER FILTERING FINAL FINISH FIRST FIXED FLATTERN FLOAT FOR FORCE FOREIGN FORMAT FORWARD FOUND
FREE FROM FULL FUNCTION FUNCTIONS GENERAL GENERATE GET GLOB GLOBAL GO GOTO GRANT GREATER GROUP
GROUPING HANDLER HASH HAVE HAVING HEAP HIDDEN HOLD HOUR IDENTIFIED IDENTITY IF IGNORE IMMEDIATE
IMPORT IN INCLUDING INCLUSIVE INCREMENT INCREMENTAL INDEX INDEXED INDEXES INDICATOR INFINITE
INITIALLY INLINE INNER INNTER INOUT INPUT INSENSITIVE INSERT INSTEAD INT INTEGER INTERSECT
INTERVAL INTO INVALIDATE IS ISOLATION ITEM ITEMS ITERATE JOIN KEY KEYS LAG LANGUAGE LARGE LAST
LATERAL LEAD LEADING LEAVE LEFT LENGTH LESS LEVEL LIKE LIMIT LIMITED LINES LIST LOAD LOCAL
LOCALTIME LOCALTIMESTAMP LOCATION LOCATOR LOCK LOCKS LOG LOGED LONG LOOP LOWER MAP MATCH
MATERIALIZED MAX MAXLEN MEMBER MERGE METHOD METRICS MIN MINUS MINUTE MISSING MOD MODE MODIFIES
MODIFY MODULE MONTH MULTI MULTISET NAME NAMES NATIONAL NATURAL NCHAR NCLOB NEW NEXT NO NONE NOT
NULL NULLIF NUMBER NUMERIC OBJECT OF OFFLINE OFFSET OLD ON ONLINE ONLY OPAQUE OPEN OPERATOR
OPTION OR ORDER ORDINALITY OTHER OTHERS OUT OUTER OUTPUT OVER OVERLAPS OVERRIDE OWNER PAD
PARALLEL PARAMETER PARAMETERS PARTIAL PARTITION PARTITIONED PARTITIONS PATH PERCENT PERCENTILE
PERMISSION PERMISSIONS PIPE PIPELINED PLAN POOL POSITION PRECISION PREPARE PRESERVE PRIMARY
PRIOR PRIVATE PRIVILEGES PROCEDURE PROCESSED PROJECT PROJECTION PROPERTY PROVISIONING PUBLIC PUT
QUERY QUIT QUORUM RAISE RANDOM RANGE RANK RAW READ READS REAL REBUILD RECORD RECURSIVE REDUCE
REF REFERENCE REFERENCES REFERENCING REGEXP REGION REINDEX RELATIVE RELEASE REMAINDER RENAME
REPEAT REPLACE REQUEST RESET RESIGNAL RESOURCE RESPONSE RESTORE RESTRICT RESULT RETURN RETURNING
RETURNS REVERSE REVOKE RIGHT ROLE ROLES ROLLBACK ROLLUP ROUTINE ROW ROWS RULE RULES SAMPLE
SATISFIES SAVE SAVEPOINT SCAN SCHEMA SCOPE SCROLL SEARCH SECOND SECTION SEGMENT SEGMENTS SELECT
SELF SEMI SENSITIVE SEPARATE SEQUENCE SERIALIZABLE SESSION SET SETS SHARD SHARE SHARED SHORT
SHOW SIGNAL SIMILAR SIZE SKEWED SMALLINT SNAPSHOT SOME SOURCE SPACE SPACES SPARSE SPECIFIC
SPECIFICTYPE SPLIT SQL SQLCODE SQLERROR SQLEXCEPTION SQLSTATE SQLWARNING START STATE STATIC
STATUS STORAGE STORE STORED STREAM STRING STRUCT STYLE SUB SUBMULTISET SUBPARTITION SUBSTRING
SUBTYPE SUM SUPER SYMMETRIC SYNONYM SYSTEM TABLE TABLESAMPLE TEMP TEMPORARY TERMINATED TEXT THAN
THEN THROUGHPUT TIME TIMESTAMP TIMEZONE TINYINT TO TOKEN TOTAL TOUCH TRAILING TRANSACTION
TRANSFORM TRANSLATE TRANSLATION TREAT TRIGGER TRIM TRUE TRUNCATE TTL TUPLE TYPE UNDER UNDO UNION
UNIQUE UNIT UNKNOWN UNLOGGED UNNEST UNPROCESSED UNSIGNED UNTIL UPDATE UPPER URL USAGE USE USER
USERS USING UUID VACUUM VALUE VALUED VALUES VARCHAR VARIABLE VARIANCE VARINT VARYING VIEW VIEWS
VIRTUAL VOID WAIT WHEN WHENEVER WHERE WHILE WINDOW WITH WITHIN WITHOUT WORK WRAPPED WRITE YEAR
ZONE
`) {
		words[word] = true
	}
	return words
}()

// isReserved reports whether a word is reserved.
func isReserved(word string) bool { return reservedWords[strings.ToUpper(word)] }
