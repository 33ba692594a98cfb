package parser

import (
	"bytes"

	"walstats/record"
)

// With --bkp-details the block references of a record follow on lines of their
// own, after a tab; older minor releases print an empty line after each image.

// nextDetail takes the next block reference from the lines after a record's first;
// nil if there is no more.
func nextDetail(lines []byte) (ref, rest []byte) {
	for len(lines) > 0 {
		line := firstLine(lines)
		lines = lines[min(len(lines), len(line)+1):]
		line = bytes.TrimRight(line, " \r")
		if len(line) > 0 && line[0] == '\t' {
			return line[1:], lines
		}
	}
	return nil, nil
}

// firstDetail reads the first block reference of details.
func firstDetail(details []byte, r *BlockRef) {
	ref, _ := nextDetail(details)
	ParseBlockRef(ref, r)
}

// setDetails puts the block references of details into row i, without their
// tabs, joined by `, `. They are plain ASCII: isDetail took nothing else.
func setDetails(c *record.Strings, i int, details []byte) {
	at := len(c.Arena)
	for {
		ref, rest := nextDetail(details)
		if ref == nil {
			break
		}
		if len(c.Arena) > at {
			c.Arena = append(c.Arena, ", "...)
		}
		c.Arena = append(c.Arena, ref...)
		details = rest
	}
	c.SetAppended(i, at)
}
