//go:build linux

package linked_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"

	"walstats/test/postgres"
)

// An s3Server is moto's server, of a bucket whose name is wal.
type s3Server struct {
	testing.TB
	address string // host and port
}

// startS3 starts moto, which build/tools.sh installs.
func startS3(t testing.TB) s3Server {
	t.Helper()
	folders, err := filepath.Glob("../../.cache/hosts/moto-*")
	if err != nil || len(folders) != 1 {
		t.Skip("moto is not here; build/tools.sh hosts installs it")
	}
	folder, err := filepath.Abs(folders[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("../../.cache/python/bin/python", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if found := regexp.MustCompile(`Running on http://(127\.0\.0\.1:\d+)`).FindStringSubmatch(lines.Text()); found != nil {
			go func() { // it writes a line a request
				for lines.Scan() {
				}
			}()
			s := s3Server{t, found[1]}
			s.put("", nil)
			return s
		}
	}
	t.Fatalf("moto has not started: %v", lines.Err())
	return s3Server{}
}

// put makes an object of the bucket, or the bucket itself.
func (s s3Server) put(name string, text []byte) {
	s.Helper()
	request, err := http.NewRequest(http.MethodPut, "http://"+s.address+"/wal/"+name, bytes.NewReader(text))
	if err != nil {
		s.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		s.Fatalf("%s: %s", name, response.Status)
	}
}

// Both readers read an archive in a bucket as it is read from a disk: 200 segments and
// more, every other one packed, and pg_waldump's text of them.
func TestBucket(t *testing.T) {
	extension := httpfs(t)
	bucket := startS3(t)
	server := postgres.Start(t, "wal_keep_size=1GB\nmax_wal_size=1GB\nfull_page_writes=off\n", "--wal-segsize=1")
	server.SQL("postgres", "CREATE TABLE t (a int PRIMARY KEY, b text); CREATE TABLE wide (b text); ALTER TABLE wide ALTER b SET STORAGE EXTERNAL; SELECT pg_switch_wal()")
	start := server.LSN()
	server.SQL("postgres", "INSERT INTO wide SELECT repeat(i::text, 30000) FROM generate_series(1000, 2700) i; INSERT INTO t SELECT i, repeat('b', i % 300) FROM generate_series(1, 5000) i")
	end := server.LSN()

	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer packer.Close()
	local := t.TempDir()
	segments, err := filepath.Glob(filepath.Join(server.WAL(), strings.Repeat("[0-9A-F]", 24)))
	if err != nil || len(segments) < 200 {
		t.Fatalf("%d segments, %v", len(segments), err)
	}
	for i, path := range segments {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if i%2 == 0 {
			name, text = name+".zst", packer.EncodeAll(text, nil)
		}
		if err := os.WriteFile(filepath.Join(local, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		bucket.put("archive/"+name, text)
	}
	dump := []byte(server.Dump(start, end))
	half := bytes.IndexByte(dump[len(dump)/2:], '\n') + len(dump)/2 + 1
	bucket.put("dumps/1.waldump", dump[:half])
	bucket.put("dumps/2.waldump.zst", packer.EncodeAll(dump[half:], nil))

	s := open(t)
	s.exec("LOAD %s", extension)
	s.exec("CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b', REGION 'us-east-1', URL_STYLE 'path', USE_SSL false, ENDPOINT %s)", bucket.address)
	for variable, pattern := range map[string]string{"segments": "s3://wal/archive/*", "dumps": "s3://wal/dumps/*"} {
		s.exec("SET VARIABLE " + variable + " = (SELECT list(file ORDER BY file) FROM glob(" + quote(pattern) + "))")
	}
	if n := s.value("SELECT len(getvariable('segments'))"); n != int64(len(segments)) {
		t.Fatalf("the bucket has %d segments, want %d", n, len(segments))
	}
	s.exec("CREATE TABLE segments AS FROM read_wal(getvariable('segments'))")
	s.exec("CREATE TABLE dumps AS FROM read_waldump(getvariable('dumps'))")
	s.same("FROM segments", "FROM read_wal("+quote(local)+")")
	s.same("FROM dumps", fmt.Sprintf("SELECT %s FROM segments WHERE start_lsn >= %s::pg_lsn AND start_lsn < %s::pg_lsn", sharedColumns, quote(start), quote(end)))

	_, err = s.try("FROM read_wal(list_filter(getvariable('segments'), f -> NOT contains(f, %s)))", filepath.Base(segments[100]))
	if want := "segment " + filepath.Base(segments[100]) + " is missing, and later ones are there"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %q", err, want)
	}
	_, err = s.try("FROM read_wal('s3://wal/archive/000000010000000000000000')")
	if err == nil || !strings.Contains(err.Error(), "read_wal: s3://wal/archive/000000010000000000000000: ") {
		t.Errorf("got error %v", err)
	}
}
