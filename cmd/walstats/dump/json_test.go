package dump

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"walstats/record"
)

// A jsonRecord is a line of --json.
type jsonRecord struct {
	StartLSN        string `json:"start_lsn"`
	EndLSN          string `json:"end_lsn"`
	PrevLSN         string `json:"prev_lsn"`
	XID             uint32 `json:"xid"`
	ResourceManager string `json:"resource_manager"`
	RecordType      string `json:"record_type"`
	RecordLength    uint32 `json:"record_length"`
	FPILength       uint32 `json:"fpi_length"`
	MainDataLength  uint32 `json:"main_data_length"`
	XactTime        string `json:"xact_time"`
	Description     string `json:"description"`
	BlockRefs       []struct {
		BlockID        uint8  `json:"block_id"`
		RelTablespace  uint32 `json:"reltablespace"`
		RelDatabase    uint32 `json:"reldatabase"`
		RelFileNode    uint32 `json:"relfilenode"`
		RelFork        string `json:"relfork"`
		RelBlockNumber uint32 `json:"relblocknumber"`
		FPI            string `json:"fpi"`
		BlockFPILength uint32 `json:"block_fpi_length"`
	} `json:"block_refs"`
}

func lsnOf(t testing.TB, text string) record.LSN {
	t.Helper()
	at, err := record.ParseLSN([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// blockRef returns the block references as pg_waldump prints them.
func (r *jsonRecord) blockRef() string {
	var text strings.Builder
	for _, b := range r.BlockRefs {
		fmt.Fprintf(&text, ", blkref #%d: rel %d/%d/%d", b.BlockID, b.RelTablespace, b.RelDatabase, b.RelFileNode)
		if b.RelFork != "main" {
			text.WriteString(" fork " + b.RelFork)
		}
		fmt.Fprintf(&text, " blk %d", b.RelBlockNumber)
		text.WriteString(map[string]string{"": "", "apply": " FPW", "verify": " FPW for WAL verification"}[b.FPI])
	}
	return strings.TrimPrefix(text.String(), ", ")
}

// The lines of --json have all that pg_waldump's text says, and what pg_walinspect says.
func TestJSON(t *testing.T) {
	eachOracle(t, func(t *testing.T, o *oracle) {
		r := Flags{Path: o.wal, Start: o.start, End: o.end, Timeline: o.timeline, JSON: true}.dump(t)
		var all []jsonRecord
		for line := range bytes.Lines(r.stdout) {
			var one jsonRecord
			d := json.NewDecoder(bytes.NewReader(line))
			d.DisallowUnknownFields()
			if err := d.Decode(&one); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			all = append(all, one)
		}
		want := o.text(t, "default.txt")
		for i := range all {
			j := &all[i]
			text := (&record.Record{
				StartLSN: lsnOf(t, j.StartLSN), PrevLSN: lsnOf(t, j.PrevLSN), XID: j.XID, ResourceManager: j.ResourceManager, RecordType: j.RecordType,
				RecordLength: j.RecordLength, FPILength: j.FPILength, Description: j.Description, HasBlock: len(j.BlockRefs) > 0, BlockRef: j.blockRef(),
			}).AppendText(nil)
			if strings.Contains(j.Description, `\x`) { // it stands for a byte that is not valid UTF-8
				next := bytes.Index(want, []byte("lsn: "+all[min(i+1, len(all)-1)].StartLSN))
				want = want[max(0, bytes.LastIndex(want[:max(next, 0)], []byte("rmgr: "))):]
				continue
			}
			if !bytes.HasPrefix(want, text) {
				t.Fatalf("record %d: %s\nnot %.300s", i, text, want)
			}
			want = want[len(text):]
		}
		if len(want) > 0 || len(all) == 0 {
			t.Errorf("%d records; not in JSON: %.300s", len(all), want)
		}
		if inspected := o.text(t, "walinspect-records.csv"); inspected != nil {
			compareInspected(t, all, inspected)
		}
	})
}

// compareInspected compares the numbers with pg_get_wal_records_info's.
func compareInspected(t *testing.T, all []jsonRecord, inspected []byte) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(inspected)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	names := rows[0]
	if rows = rows[1:]; len(rows) != len(all) {
		t.Errorf("%d records, not %d", len(all), len(rows))
	}
	for i, row := range rows[:min(len(rows), len(all))] {
		j := &all[i]
		values := map[string]string{
			"record_length": fmt.Sprint(j.RecordLength), "main_data_length": fmt.Sprint(j.MainDataLength), "fpi_length": fmt.Sprint(j.FPILength), "xid": fmt.Sprint(j.XID),
			"start_lsn": j.StartLSN, "end_lsn": j.EndLSN, "prev_lsn": j.PrevLSN,
		}
		for k, name := range names {
			value, known := values[name]
			if strings.HasSuffix(name, "_lsn") {
				row[k] = lsnOf(t, row[k]).String()
			}
			if known && value != row[k] {
				t.Fatalf("record %d: %s is %s, not %s", i, name, value, row[k])
			}
		}
	}
}
