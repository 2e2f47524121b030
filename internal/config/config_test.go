package config_test

import (
	"bytes"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/workday"
)

var rewrite = flag.Bool("rewrite", false, "write testdata and deploy anew")

var now = time.Date(2026, 6, 9, 10, 0, 0, 0, time.UTC)

// house is a folder as `ukpbjd init` leaves it, with the operator's two passwords written.
func house(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := config.Init(at(dir), config.Answers{Storage: filepath.Join(dir, "state")}, rand.Reader); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "credentials/imap"), "not-a-real-password\n")
	write(t, filepath.Join(dir, "credentials/smtp"), "not-a-real-password\n")
	return dir
}

func at(dir string) config.Place {
	return config.Place{Config: filepath.Join(dir, "ukpbjd.yaml"), Mode: 0o600, Group: -1}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// minimal is the least that passes.
const minimal = `office: {name: Bagian PBJ}
imap: {address: "mail.office.example:993", username: ukpbj@office.example, password_file: credentials/imap}
smtp: {address: "mail.office.example:465", username: ukpbj@office.example, password_file: credentials/smtp, from: "UKPBJ <ukpbj@office.example>"}
people:
  requesters: ["*@office.example", staf@other.example]
  approvers:
    - {name: Admin Agency, email: Admin@Office.example, aliases: [aa@office.example], nip: 19860926 201505 1 001, sheet_passphrase_file: credentials/sheet, deputies: [{name: Wakil, email: wakil@office.example, sheet_passphrase_file: credentials/sheet}]}
  kepala_lpse: {name: Kepala LPSE, email: lpse@office.example}
  kepala_bagian: {name: Kepala Bagian, email: bagian@office.example}
  operator: {name: Operator, email: op@office.example}
trust: {authserv_id: mx.office.example, received_by: [mx.office.example, 10.0.0.7, "fd00::7"]}
credentials: {key_file: credentials/master}
deadlines: {calendar: calendar.yaml}
storage: {path: state}
`

func load(t *testing.T, dir, text string) (*config.Config, config.Faults) {
	t.Helper()
	path := filepath.Join(dir, "ukpbjd.yaml")
	write(t, path, text)
	return config.LoadAt(path, now)
}

func TestInitThenLoad(t *testing.T) {
	dir := house(t)
	c, faults := config.LoadAt(filepath.Join(dir, "ukpbjd.yaml"), now)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
	if c.Credentials.MasterKey.Absent() || c.People.Approvers[0].SheetPassphrase.Absent() || c.IMAP.Password.Absent() || c.SMTP.Password.Absent() {
		t.Error("a secret is absent")
	}
	if s := fmt.Sprintf("%+v %#v", c, c); strings.Contains(s, "not-a-real") {
		t.Error("a secret prints itself")
	}
}

func TestDefaults(t *testing.T) {
	c, faults := load(t, house(t), minimal)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	o := c.Office()
	if o.Name != "Bagian PBJ" || o.CasePrefix != "PKJ" || o.Mailbox.Address != "ukpbj@office.example" || o.Level != sop.Standard ||
		o.Expires != 3 || o.Quorum != 1 || o.CodeInSheet || o.Sheet != "encrypted" ||
		o.ApprovalDays != 1 || o.CompletionDays != 3 || o.ReceiptDays != 1 || o.ExpiryDays != 7 || o.ShredAfter != 24*time.Hour {
		t.Errorf("office = %+v", o)
	}
	if a := o.Approvers; len(a) != 1 || a[0].Address != "Admin@office.example" || a[0].NIP != "198609262015051001" || len(a[0].Aliases) != 1 {
		t.Errorf("approvers = %+v", a)
	}
	if d := c.People.Approvers[0].Deputies; len(d) != 1 || d[0].Address != "wakil@office.example" || d[0].SheetPassphrase.Absent() {
		t.Errorf("deputies = %+v", d)
	}
	if c.IMAP.Poll != time.Minute || c.IMAP.MaxMessage != 40<<20 || c.IMAP.Start.All || c.IMAP.Processed != "UKPBJ/Diproses" || c.SMTP.Connections != 4 {
		t.Errorf("imap = %+v, smtp = %+v", c.IMAP, c.SMTP)
	}
	if !filepath.IsAbs(c.Storage.Path) || c.IMAP.TLS().ServerName != "mail.office.example" {
		t.Errorf("storage %s, TLS name %s", c.Storage.Path, c.IMAP.TLS().ServerName)
	}
	// Friday before a long holiday: in the zone and with the days of the calendar file.
	if got := o.Calendar.Deadline(time.Date(2026, 3, 17, 2, 0, 0, 0, time.UTC), 1).UTC(); !got.Equal(time.Date(2026, 3, 25, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("deadline = %s", got)
	}
	if !slices.Equal(o.Calendar.Years(), []int{2026}) {
		t.Errorf("years = %v", o.Calendar.Years())
	}
}

func TestEveryKey(t *testing.T) {
	dir := house(t)
	write(t, filepath.Join(dir, "accounts"), "#!/bin/sh\n")
	if err := os.Chmod(filepath.Join(dir, "accounts"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "letters"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, faults := load(t, dir, strings.NewReplacer(
		"{name: Bagian PBJ}", "{name: Bagian PBJ, case_prefix: ABC, timezone: Asia/Jakarta}",
		"password_file: credentials/imap}", "password_file: credentials/imap, security: starttls, inbox: IN, processed: A/B, review: A/C, sent: Terkirim, poll: 5m, start: 2026-01-31, max_message: 25MB}",
		"password_file: credentials/smtp,", "password_file: credentials/smtp, connections: 2, hello: ukpbj.office.example,",
		"mx.office.example, 10", "mx.office.example, b.office.example, 10",
		"credentials/master}", "credentials/master, source: command, command: ["+filepath.Join(dir, "accounts")+", -x], sheet: encrypted, tembusan: full, user_id: '{initial}{last}-{nip}'}",
		"calendar.yaml}", "calendar.yaml, approval: 2d, completion: 5d, receipt: 4d}",
	).Replace(minimal)+`mail: {banners: ["[EKSTERNAL] Hati-hati."]}
approval: {undo_window: 15m, expires: 5d, code: sheet, second_above: 0, read_back: always}
extract: {ocr: off, clamd: /run/clamd.sock}
letters: {override: letters, checkpoint: weekly}
http: {listen: ""}
log: {format: text, level: debug}
`)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if c.IMAP.Start.Since.Format(time.RFC3339) != "2026-01-31T00:00:00+07:00" || c.IMAP.MaxMessage != 25e6 || c.IMAP.Poll != 5*time.Minute || c.IMAP.Security != "starttls" {
		t.Errorf("imap = %+v", c.IMAP)
	}
	if len(c.Credentials.Command) != 2 || c.SMTP.Hello != "ukpbj.office.example" || c.Approval.UndoWindow != 15*time.Minute || !c.Office().CodeInSheet || !c.Office().ReadBack || c.Credentials.Tembusan != "full" || c.HTTP.Listen != "" ||
		c.Extract.OCR != "off" || len(c.Mail.Banners) != 1 || c.Letters.Override == "" || c.Office().Checkpoint != "weekly" || c.Log.Level != "debug" || c.Deadlines.Completion != 5 {
		t.Errorf("config = %+v", c)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "credentials.tembusan: full: Kepala LPSE is sent the password") || !c.Office().FullCopy {
		t.Errorf("warnings = %q", c.Warnings)
	}
}

// Each case is one file under testdata: the configuration, a line "-- faults --", and what Load says of it.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, want, _ := strings.Cut(string(raw), "-- faults --\n")
			dir := house(t)
			write(t, filepath.Join(dir, "empty"), "\n")
			write(t, filepath.Join(dir, "junk"), "junk")
			_, faults := load(t, dir, strings.Replace(text, "<minimal>\n", minimal, 1))
			got := faults.Error() + "\n"
			if *rewrite {
				write(t, file, text+"-- faults --\n"+got)
			} else if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestSecretsAreWatched(t *testing.T) {
	dir := house(t)
	if err := os.Chmod(filepath.Join(dir, "credentials/imap"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "credentials/sheet"), "short")
	c, faults := load(t, dir, minimal)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	all := strings.Join(c.Warnings, "\n")
	if len(c.Warnings) != 3 || !strings.Contains(all, "imap.password_file: the file can be read by every user") || !strings.Contains(all, "only 5 characters") {
		t.Errorf("warnings:\n%s", all)
	}
}

func TestSystemdHandsSecretsOver(t *testing.T) {
	dir, handed := house(t), t.TempDir()
	if err := os.Remove(filepath.Join(dir, "credentials/imap")); err != nil {
		t.Fatal(err)
	}
	if _, faults := load(t, dir, minimal); len(faults) != 1 {
		t.Fatalf("without the hand-over: %v", faults)
	}
	write(t, filepath.Join(handed, "imap"), "not-a-real-password")
	t.Setenv("CREDENTIALS_DIRECTORY", handed)
	if _, faults := load(t, dir, minimal); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"no calendar":         {"deadlines: {calendar: calendar.yaml}\n", "", "no calendar"},
		"page for everybody":  {"storage:", "http: {listen: \"0.0.0.0:8025\"}\nstorage:", "other machines"},
		"two mailboxes":       {"username: ukpbj@office.example, password_file: credentials/imap", "username: lain@office.example, password_file: credentials/imap", "replies go to"},
		"kepala approves":     {"lpse@office.example", "aa@office.example", "Kepala LPSE's address"},
		"no letters there":    {"storage:", "letters: {override: nowhere}\nstorage:", "no such folder"},
		"passwords in clear":  {"credentials: {", "credentials: {sheet: plain, ", "unencrypted"},
		"nothing to warn of*": {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, faults := load(t, house(t), strings.Replace(minimal, c.from, c.to, 1))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if c.want == "" && len(got.Warnings) > 0 || c.want != "" && (len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], c.want)) {
				t.Errorf("warnings = %q", got.Warnings)
			}
		})
	}
	t.Run("next year", func(t *testing.T) {
		dir := house(t)
		write(t, filepath.Join(dir, "ukpbjd.yaml"), minimal)
		c, _ := config.LoadAt(filepath.Join(dir, "ukpbjd.yaml"), now.AddDate(1, 0, 0))
		if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "no holiday of 2027") {
			t.Errorf("warnings = %q", c.Warnings)
		}
	})
}

func TestPasswordRule(t *testing.T) {
	with := func(rule string) (*config.Config, []config.Fault) {
		return load(t, house(t), strings.Replace(minimal, "credentials: {", "credentials: {password: "+rule+", ", 1))
	}
	if c, faults := with(`{length: 20, symbols: "-_"}`); len(faults) > 0 || c.Credentials.Password.Length != 20 || c.Credentials.Password.Symbols != "-_" {
		t.Error(faults)
	}
	for rule, want := range map[string]string{"{length: 6}": "length", "{length: 10}": "at least 70", `{symbols: ""}`: "SPSE wants", "{letters: abc}": "SPSE wants",
		"{size: 14}": "unknown key", `{symbols: "<-"}`: "cannot be typed"} {
		if _, faults := with(rule); len(faults) == 0 || !strings.Contains(fmt.Sprint(faults), want) {
			t.Errorf("%s: %v", rule, faults)
		}
	}
}

func TestSampleIsDeployed(t *testing.T) {
	for path, text := range map[string][]byte{"../../deploy/ukpbjd.yaml": config.Sample(config.Answers{}), "../../deploy/calendar-2026.yaml": read(t, "calendar-2026.yaml")} {
		if *rewrite {
			write(t, path, string(text))
		}
		if !bytes.Equal(read(t, path), text) {
			t.Errorf("%s is another; go test ./internal/config -rewrite", path)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What somebody types cannot break out of its place in the file.
func TestAnswersAreQuoted(t *testing.T) {
	dir := house(t)
	a := config.Answers{Office: "Bagian \"PBJ\": {x} # y\n- <imap> 'z' ü", Storage: filepath.Join(dir, "state")}
	c, faults := load(t, dir, string(config.Sample(a)))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if c.Identity.Name != a.Office {
		t.Errorf("name = %q", c.Identity.Name)
	}
}

func TestInitNeverOverwrites(t *testing.T) {
	dir := house(t)
	before := map[string]string{}
	for _, name := range []string{"ukpbjd.yaml", "calendar.yaml", "credentials/master", "credentials/sheet"} {
		before[name] = string(read(t, filepath.Join(dir, name)))
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
	told, err := config.Init(at(dir), config.Answers{Office: "Lain", Storage: filepath.Join(dir, "state")}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range before {
		if string(read(t, filepath.Join(dir, name))) != text {
			t.Errorf("%s was overwritten", name)
		}
	}
	all := strings.Join(told, "\n")
	if strings.Contains(all, "written") || strings.Count(all, "kept") != 4 || !strings.Contains(all, "ukpbjd check --config") {
		t.Error(all)
	}
	if phrase := strings.TrimSpace(before["credentials/sheet"]); strings.Contains(all, phrase) || len(phrase) != 19 {
		t.Error("the passphrase is told, or has another length")
	}
}

func TestInitRefusesAStrangeKey(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "keys.db"), "x")
	if _, err := config.Init(at(filepath.Join(dir, "etc")), config.Answers{Storage: dir}, rand.Reader); err == nil {
		t.Error("a new master key was made beside old keys")
	}
	if _, err := os.Stat(filepath.Join(dir, "etc")); err == nil {
		t.Error("something was written all the same")
	}
}

func TestInitNeedsRandomness(t *testing.T) {
	for name, source := range map[string]*bytes.Reader{"none": bytes.NewReader(nil), "little": bytes.NewReader(make([]byte, 40)), "stuck": bytes.NewReader(bytes.Repeat([]byte{255}, 1<<16))} {
		dir := t.TempDir()
		if _, err := config.Init(at(dir), config.Answers{Storage: dir}, source); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(filepath.Join(dir, "ukpbjd.yaml")); err == nil {
			t.Errorf("%s: something was written", name)
		}
	}
}

func TestCalendar(t *testing.T) {
	zone := time.FixedZone("WITA", 8*3600)
	c, faults := config.LoadCalendar("calendar-2026.yaml", zone)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	free := 0
	for d := time.Date(2026, 1, 1, 10, 0, 0, 0, zone); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		if workday.Standard(zone).Open(d) && !c.Open(d) {
			free++
		}
	}
	if free != 21 { // DOMAIN: 17 national, 8 cuti bersama; four fall on a week-end
		t.Errorf("%d days", free)
	}
	path := filepath.Join(t.TempDir(), "calendar.yaml")
	write(t, path, "hours: {monday_thursday: 16.00-07.30, friday: x, saturday: 08.00-12.00}\nramadan: [{from: 2026-03-20, to: 2026-02-19}, {from: soon}]\n"+
		"days:\n  - {date: 2026-02-30, kind: national}\n  - {date: 2026-08-17, kind: holiday}\n  - {kind: local, nam: x}\n"+
		"  - {date: 2026-12-25, kind: national}\n  - {date: 2026-12-25, kind: local}\n  - {date: 2026-12-25, kind: workday}\n  - 2026-01-01\n")
	_, faults = config.LoadCalendar(path, zone)
	want := `calendar.yaml:1: hours.monday_thursday: "16.00-07.30" are no hours; write it as 07.30-16.00
calendar.yaml:1: hours.friday: "x" are no hours; write it as 07.30-16.30
calendar.yaml:1: hours.saturday: unknown key; known here: monday_thursday, friday
calendar.yaml:2: ramadan[0].to: ends before it begins; write the first day at from, the last at to
calendar.yaml:2: ramadan[1].from: date "soon": not a day written YYYY-MM-DD; write the day as 2026-02-19
calendar.yaml:2: ramadan[1].to: is needed; write the day as 2026-02-19
calendar.yaml:4: days[0].date: date "2026-02-30": not a day written YYYY-MM-DD; write the day as 2026-08-17
calendar.yaml:5: days[1].kind: "holiday" is none of national, cuti-bersama, local, workday
calendar.yaml:6: days[2].date: is needed; write the day as 2026-08-17
calendar.yaml:6: days[2].nam: unknown key; did you mean name?
calendar.yaml:8: days[4].date: 2026-12-25 stands in line 7 already; keep one of them
calendar.yaml:10: days[6]: a group of keys is wanted here; write ` + "`key: value`" + ` lines below it`
	if faults.Error() != want {
		t.Errorf("got:\n%s\nwant:\n%s", faults.Error(), want)
	}
}

func TestHostileFilesAreQuick(t *testing.T) {
	dir := house(t)
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", 1<<17), "braces": strings.Repeat("{a: ", 1<<15), "dashes": strings.Repeat("- ", 1<<16),
		"lines": strings.Repeat("a:\n", 1999), "many lines": strings.Repeat("a:\n", 1<<14), "list": "a: [" + strings.Repeat(strings.Repeat("a,", 2000)+"\n", 15) + "a]",
		"pairs": "a: {" + strings.Repeat(strings.Repeat("b:,", 1300)+"\n", 15) + "}", "comments": strings.Repeat("#\n", 1999) + "a: b", "keys": strings.Repeat("? ", 1<<16), "anchors": strings.Repeat("a: &a *a\n", 1<<13),
		"steps": strings.Join(strings.SplitAfter(steps(300), "\n"), ""), "too large": strings.Repeat("# x\n", 1<<18), "quote": `"` + strings.Repeat("x\n", 1<<16),
		"binary": "\x00\x01", "latin1": "office: {name: \"\xe9\"}",
	} {
		start := time.Now()
		if _, faults := load(t, dir, text); len(faults) == 0 {
			t.Errorf("%s: no fault", name)
		}
		if d := time.Since(start); testing.Verbose() {
			t.Log(name, d)
		} else if d > 5*time.Second {
			t.Errorf("%s: took %s", name, d)
		}
	}
}

func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzLoad(f *testing.F) {
	f.Add(minimal)
	f.Add(string(config.Sample(config.Answers{})))
	f.Add("office: &a {name: *a}\n? [x]: y\n<<: {a: b}\n--- \n!!str x: |\n  y\n")
	dir := f.TempDir()
	if _, err := config.Init(at(dir), config.Answers{Storage: dir}, rand.Reader); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, faults := load(t, dir, text)
		if (c == nil) != (len(faults) > 0) {
			t.Fatal("neither a configuration nor faults, or both")
		}
		for _, x := range faults {
			if x.Text == "" || strings.ContainsAny(x.String(), "\n\x00") {
				t.Fatalf("a fault that cannot be printed: %q", x)
			}
		}
		path := filepath.Join(dir, "fuzz-calendar.yaml")
		write(t, path, text)
		config.LoadCalendar(path, time.UTC)
	})
}
