// Mkextension makes a DuckDB extension of a shared library: it appends the footer
// that DuckDB asks for. Of an extension it makes one for another platform, with a
// footer of its own. With -show it prints an extension's footer.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"walstats/build/footer"
)

const usage = `Usage:
  mkextension -version V [-platform P] -o OUT.duckdb_extension LIBRARY.so
  mkextension -platform P -o OUT.duckdb_extension FILE.duckdb_extension
  mkextension -show FILE.duckdb_extension
`

func main() {
	var f footer.Footer
	flag.StringVar(&f.Version, "version", "", "the extension's version; of an extension, its own")
	flag.StringVar(&f.Platform, "platform", "linux_amd64", "DuckDB's name of the platform")
	flag.StringVar(&f.APIVersion, "api", "v1.2.0", "the C API that it needs at least")
	out := flag.String("o", "", "where the extension goes")
	show := flag.Bool("show", false, "print a footer")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	f.ABI = "C_STRUCT"
	if flag.NArg() != 1 || !*show && *out == "" {
		flag.Usage()
		os.Exit(2)
	}
	var err error
	if *show {
		err = print(flag.Arg(0))
	} else {
		err = write(f, flag.Arg(0), *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mkextension:", err)
		os.Exit(1)
	}
}

func print(path string) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f, err := footer.Parse(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Printf("%s: %v\n", path, f)
	return nil
}

// write puts library, without a footer that it has, and footer at out: whole, or not at all.
func write(f footer.Footer, library, out string) error {
	file, err := os.ReadFile(library)
	if err != nil {
		return err
	}
	if old, err := footer.Parse(file); err == nil {
		file = file[:len(file)-footer.Size]
		f.Version = cmp.Or(f.Version, old.Version)
	}
	if f.Version == "" {
		return fmt.Errorf("%s has no version yet: pass -version", library)
	}
	tail, err := f.Bytes()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return err
	}
	temporary := out + ".new"
	if err := os.WriteFile(temporary, append(file, tail...), 0o666); err != nil {
		os.Remove(temporary)
		return err
	}
	if err := os.Rename(temporary, out); err != nil {
		os.Remove(temporary)
		return err
	}
	fmt.Printf("%s: %v, %.1f MB\n", out, f, float64(len(file)+len(tail))/1e6)
	return nil
}
