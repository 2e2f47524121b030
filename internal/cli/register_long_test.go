package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ukpbjd/internal/daemon"
	"ukpbjd/internal/document"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
	"ukpbjd/internal/store"
	"ukpbjd/internal/store/bolt"
)

// TestMain lets a test run this program in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("UKPBJD_AS_PROGRAM") == "1" {
		os.Exit(Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestRegisterOfAHundredThousand holds the bound of the register, from a store on disk to the workbook: 60 s and 200 MiB, the
// pages of the store that are mapped meanwhile included. The seconds are those of the processor: what else the machine does is not
// held against the register.
func TestRegisterOfAHundredThousand(t *testing.T) {
	if os.Getenv("UKPBJD_LONG") == "" {
		t.Skip("UKPBJD_LONG is not set")
	}
	dir := t.TempDir()
	s, err := stage.Open(stage.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	config, err := s.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, filepath.Join(s.Config.Storage.Path, daemon.StoreName), 100_000)
	began := time.Now()
	cmd := exec.Command(os.Args[0], "--config", config, "register", "--year", "2026", "-o", filepath.Join(dir, "register.xlsx"))
	cmd.Env = append(os.Environ(), "UKPBJD_AS_PROGRAM=1", "GODEBUG=gctrace=0")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	own := make(chan int)
	stop := make(chan struct{})
	go watchOwn(cmd.Process.Pid, stop, own)
	err = cmd.Wait()
	took := time.Since(began)
	close(stop)
	most := <-own
	if err != nil {
		t.Fatal(err)
	}
	u, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	st, err := os.Stat(filepath.Join(dir, "register.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	busy := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%s, %s of CPU, %d MiB of its own, %d MiB with the store's pages, file of %d MiB", took.Round(time.Millisecond),
		busy.Round(time.Millisecond), most>>10, u.Maxrss>>10, st.Size()>>20)
	if busy > 60*time.Second || u.Maxrss>>10 > 200 {
		t.Errorf("%s of CPU and %d MiB; at most 60 s and 200 MiB", busy, u.Maxrss>>10)
	}
}

// watchOwn gives the most anonymous memory of a process, in KiB.
func watchOwn(pid int, stop <-chan struct{}, result chan<- int) {
	most := 0
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range lines(raw) {
			var n int
			if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &n); err == nil {
				most = max(most, n)
			}
		}
		select {
		case <-tick.C:
		case <-stop:
			result <- most
			return
		}
	}
}

func lines(raw []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i, c := range raw {
			if c == '\n' {
				if !yield(string(raw[start:i])) {
					return
				}
				start = i + 1
			}
		}
	}
}

// fill writes closed cases of three members and nine letters each.
func fill(t *testing.T, path string, n int) {
	t.Helper()
	db, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for from := 0; from < n; from += 1000 {
		if err := db.Update(t.Context(), func(tx store.Tx) error {
			b := store.In(tx)
			if err := b.State.CheckSchema(); err != nil {
				return err
			}
			for range 1000 {
				if err := oneCase(b); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func oneCase(b store.Books) error {
	number, err := b.Cases.NextNumber("PKJ", 2026)
	if err != nil {
		return err
	}
	now := time.Date(2026, 5, 5, 1, 27, 0, 0, time.UTC)
	c := sop.Case{Number: number, Status: sop.Done, Opened: now, Closed: now.Add(50 * time.Hour), Requester: sop.Person{Name: "Putu Staf Contoh", Address: "staf@dinas.example"},
		Subject: "Permohonan user ID dan password SPSE Pokja", Revision: 1, Issue: 1, Accounts: map[string]sop.Account{},
		Approval: &sop.Approval{By: sop.Person{Name: "Admin Agency"}, At: now.Add(time.Hour), Released: true}}
	for i := range 3 {
		nip := fmt.Sprintf("1986092620150510%02d", i)
		c.Reading.Roster = append(c.Reading.Roster, document.Row{No: i + 1, Nama: "Anggota Contoh Wirawan, S.T., M.Si.", NIP: nip, Email: fmt.Sprintf("anggota%d@dinas.example", i)})
		c.Members = append(c.Members, sop.Member{Row: c.Reading.Roster[i], Address: c.Reading.Roster[i].Email, State: sop.MemberConfirmed, Sends: 1,
			SentAt: now.Add(time.Hour), Confirmed: now.Add(24 * time.Hour), Proof: "terbukti"})
		c.Accounts[nip] = sop.Account{UserID: "anggota.contoh", Sealed: make([]byte, 100)}
	}
	c.Deviations = []sop.Deviation{{Kind: "waktu", Step: "3.1", Owed: "member", At: now, By: "1 hari kerja", Text: "Penerimaan belum dikonfirmasi."}}
	if err := b.Cases.Put(c); err != nil {
		return err
	}
	for i, k := range []sop.LetterKind{sop.TandaTerima, sop.Persetujuan, sop.Kredensial, sop.Kredensial, sop.Kredensial, sop.Tembusan, sop.Selesai, sop.Selesai, sop.Selesai} {
		l := store.LetterRow{Case: number, MessageID: fmt.Sprintf("<%s-%d@dinas.example>", number, i), Made: now, Ended: now, Attempts: 1, Answer: "250 2.0.0 Ok: queued",
			Letter: sop.Letter{Key: fmt.Sprintf("%d/%s", i+1, k), Kind: k, To: c.Requester, Role: sop.RoleRequester}}
		if err := b.Letters.Put(l, []byte("surat")); err != nil {
			return err
		}
		l.State = store.Accepted
		if _, err := b.Letters.Settle(l); err != nil {
			return err
		}
	}
	return nil
}
