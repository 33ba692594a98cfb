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

// A dump at a web address has the rows that it has on a disk.
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
			t.Error("the server was not asked")
		}
		_, err := s.try("FROM read_waldump(%s)", server.URL+"/none")
		if err == nil || !strings.Contains(err.Error(), "read_waldump: "+server.URL+"/none: ") || !strings.Contains(err.Error(), "404") {
			t.Errorf("got error %v", err)
		}
	}, "default")
}

// WAL at web addresses has the rows that it has on a disk. A history file is read if it is
// named; the server is not asked for one that may not be there.
func TestWALWebAddresses(t *testing.T) {
	extension := httpfs(t)
	const folder = "../../wal/testdata/18-1mb/wal/"
	var guessed atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".history") {
			guessed.Add(1)
		}
		path := strings.Replace(r.URL.Path, "/second/00000002", "/00000001", 1) // the same segments, as if of timeline 2
		http.ServeFile(w, r, folder+filepath.Base(path))
	}))
	defer server.Close()
	s := open(t)
	s.exec("LOAD %s", extension)
	const local = "FROM read_wal('" + folder + "')"
	var urls []string
	for _, name := range []string{"000000010000000000000036.zst", "000000010000000000000037.zst"} {
		urls = append(urls, quote(server.URL+"/"+name))
	}
	list := "[" + strings.Join(urls, ", ") + "]"
	s.same("FROM read_wal("+list+")", local)
	s.same("FROM read_wal_blocks("+list+", data := true)", strings.Replace(local, "read_wal", "read_wal_blocks", 1)[:len(local)+len("_blocks")-1]+", data := true)")
	s.same("FROM wal_stats("+list+")", strings.Replace(local, "read_wal", "wal_stats", 1))
	s.same("FROM "+urls[1], "FROM read_wal('"+folder+"000000010000000000000037.zst')")
	if guessed.Load() > 0 {
		t.Errorf("asked %d times for a history file", guessed.Load())
	}
	_, err := s.try("FROM read_wal([%s, %s])", server.URL+"/000000010000000000000036.zst", server.URL+"/second/000000020000000000000037.zst")
	if err == nil || !strings.Contains(err.Error(), "the history of timeline 2 is not given; name 00000002.history, too") {
		t.Errorf("got error %v", err)
	}
}
