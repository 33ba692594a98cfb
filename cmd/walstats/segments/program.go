package segments

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// folders are where packages put a server's programs: Debian's and Red Hat's.
var folders = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"}

// Find finds the pg_waldump of a major version: given, if that names a file, else on
// the PATH or where packages put it.
func Find(given, version string) (path string, err error) {
	if given != "" {
		have, err := programVersion(given)
		if err != nil {
			return "", err
		}
		if have != version {
			return "", fmt.Errorf("%s is of PostgreSQL %s, the WAL is of %s; %s", given, have, version, install(version))
		}
		return given, nil
	}
	var others []string
	for _, candidate := range candidates(programName(version)) {
		have, err := programVersion(candidate)
		if err == nil && have == version {
			return candidate, nil
		} else if err == nil {
			others = append(others, fmt.Sprintf("%s is of PostgreSQL %s", candidate, have))
		}
	}
	if len(others) > 0 {
		return "", fmt.Errorf("%s, the WAL is of %s; %s", strings.Join(others, ", "), version, install(version))
	}
	return "", fmt.Errorf("there is no %s, which reads the WAL of PostgreSQL %s; %s", programName(version), version, install(version))
}

// programName is what a version calls the program.
func programName(version string) string {
	if strings.HasPrefix(version, "9.") {
		return "pg_xlogdump"
	}
	return "pg_waldump"
}

func install(version string) string {
	return fmt.Sprintf("install that version's (on Debian: apt-get install postgresql-%s), or name it with --pg-waldump FILE", version)
}

// candidates are the files that may be the program, each once.
func candidates(name string) (paths []string) {
	if path, err := exec.LookPath(name); err == nil {
		paths = append(paths, path)
	}
	for _, folder := range folders {
		found, _ := filepath.Glob(filepath.Join(folder, "pg_*dump"))
		for _, path := range found {
			// Another version's name counts, too: to say that it is the wrong one.
			if base := filepath.Base(path); (base == "pg_waldump" || base == "pg_xlogdump") && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// printedVersion is in what --version prints: pg_waldump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1).
var printedVersion = regexp.MustCompile(`^pg_(?:wal|xlog)dump \(PostgreSQL\) (9\.\d+|\d+)`)

// programVersion is the major version of a pg_waldump.
func programVersion(path string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s: is no pg_waldump that runs: %w", path, err)
	}
	found := printedVersion.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s: is no pg_waldump: --version prints %.80q", path, text)
	}
	return string(found[1]), nil
}
