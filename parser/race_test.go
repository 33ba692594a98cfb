//go:build race

package parser

func init() { fewDumps = true }
