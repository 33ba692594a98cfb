package linked_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The DuckDB that a Go program links has the settings and file systems that LOAD gets
// from 1.5.6 on. More of both is in test/hosts/settings.py.
func TestSettingsForExternalAccess(t *testing.T) {
	allowed, secret := write(t, commits("2026-07-01 12:00:00.000000 UTC")), write(t, commits("2026-07-01 12:00:00.000000 UTC"))
	s := open(t)
	s.exec("SET allowed_directories = [%s]", filepath.Dir(allowed))
	s.exec("SET enable_external_access = false")
	for _, path := range []string{allowed, filepath.Dir(allowed) + "/*"} {
		if n := s.value("SELECT count(*) FROM read_waldump(%s)", path); n != 1 {
			t.Errorf("%s: %d records", path, n)
		}
	}
	for _, path := range []string{secret, filepath.Dir(secret) + "/*", filepath.Dir(secret) + "/none", "-", "https://127.0.0.1/x"} {
		_, err := s.try("FROM read_waldump(%s)", path)
		if err == nil || !strings.Contains(err.Error(), "read_waldump: "+path+": ") || !strings.Contains(err.Error(), "disabled by configuration") {
			t.Errorf("%s: got error %v", path, err)
		}
	}
	if n := s.value("SELECT count(*) FROM read_waldump(%s)", allowed); n != 1 {
		t.Errorf("at last: %d records", n)
	}
}

// httpfs is DuckDB's extension for web addresses, which build/tools.sh installs.
func httpfs(t *testing.T) string {
	paths, err := filepath.Glob("../../.cache/hosts/httpfs-*/duckdb_extension_httpfs/extensions/*/httpfs.duckdb_extension")
	if err != nil || len(paths) != 1 {
		t.Skip("httpfs is not here; build/tools.sh hosts installs it")
	}
	path, err := filepath.Abs(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A dump behind a web address has the rows that it has on a disk.
func TestWebAddresses(t *testing.T) {
	extension := httpfs(t)
	each(t, func(t *testing.T, c corpus) {
		text := c.text(t, "default")
		var compressed bytes.Buffer
		z := gzip.NewWriter(&compressed)
		if _, err := z.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{"/a.waldump": text, "/a.waldump.gz": compressed.Bytes()}
		var requests atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			data, is := files[r.URL.Path]
			if !is {
				http.NotFound(w, r)
				return
			}
			http.ServeContent(w, r, "", time.Unix(0, 0), bytes.NewReader(data))
		}))
		defer server.Close()

		s := open(t)
		s.exec("LOAD %s", extension)
		local := "FROM read_waldump(" + quote(c.path(t, "default")) + ")"
		for path := range files {
			s.same("FROM read_waldump("+quote(server.URL+path)+")", local)
			s.same("FROM read_waldump("+quote(server.URL+path+"?token=a")+")", local)
		}
		s.same("FROM "+quote(server.URL+"/a.waldump"), local)
		if requests.Load() == 0 {
			t.Error("nobody has asked the server")
		}
		_, err := s.try("FROM read_waldump(%s)", server.URL+"/none")
		if err == nil || !strings.Contains(err.Error(), "read_waldump: "+server.URL+"/none: ") || !strings.Contains(err.Error(), "404") {
			t.Errorf("got error %v", err)
		}
	}, "default")
}
