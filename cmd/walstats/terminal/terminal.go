// Package terminal writes text that others made so that a terminal shows it and does
// not obey it: a name may hold what moves the cursor or turns the text around.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Printable returns text with what a terminal would obey written as Go writes it.
func Printable(text string) string { return escape(text, "") }

// escape keeps what is printable, and the characters of kept.
func escape(text, kept string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) || r == '\u00a0' || strings.ContainsRune(kept, r) {
			b.WriteRune(r)
			continue
		}
		quoted := fmt.Sprintf("%+q", string(r))
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// Writer returns a writer to file that leaves lines and tabs as they are and writes the
// rest as Printable does, if file is a terminal; else file itself, since programs want
// what is there.
func Writer(file *os.File) io.Writer {
	if term.IsTerminal(int(file.Fd())) {
		return &writer{to: file}
	}
	return file
}

type writer struct {
	to   io.Writer
	rest []byte // of the last write, the beginning of a character
}

func (w *writer) Write(p []byte) (int, error) {
	text := append(w.rest, p...)
	whole := len(text)
	for i := max(0, whole-utf8.UTFMax+1); i < whole; i++ {
		if utf8.RuneStart(text[i]) && !utf8.FullRune(text[i:]) {
			whole = i
		}
	}
	w.rest = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(w.to, escape(string(text[:whole]), "\n\t")); err != nil {
		return 0, err
	}
	return len(p), nil
}
