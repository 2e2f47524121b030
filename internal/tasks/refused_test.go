package tasks_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ukpbjd/internal/office/officetest"
	"ukpbjd/internal/queue"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/store"
	"ukpbjd/templates"
)

// TestTaskThatCannotBeWritten (A2): of 64 tasks one can never be written, as it begins, or as its result comes to its case. The others
// are carried out; the one is put aside once with its reason, however long its name, and health is well then. The control: with nothing
// refused nothing is put aside.
func TestTaskThatCannotBeWritten(t *testing.T) {
	for _, when := range []string{"control", "tasks", "cases", "long name"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := officetest.New(t, templates.FS)
				var numbers []string
				for i := range 64 { // as many as one commit takes
					number, err := x.Request(officetest.Person(fmt.Sprintf("staf%d", i)), 1)
					x.Must(err)
					numbers = append(numbers, number)
				}
				bad := numbers[31]
				if when == "long name" {
					id := bad + "/" + strings.Repeat("x", store.MaxKey-len(bad)-10) + "/accounts"
					x.Write(func(tx store.Tx) error { return tx.Put("tasks", []byte(id), []byte("{")) })
				}
				x.DB.Fail(func(op, bucket, key string) error {
					if op == "put" && bucket == when && (strings.HasPrefix(key, bad) || strings.HasSuffix(key, "/00000032")) {
						return &store.ValueError{Bucket: bucket, Size: store.MaxValue + 1}
					}
					return nil
				})
				var health queue.Health
				stop := run(t, x, &health)
				defer stop()
				officetest.Pass(3 * time.Hour)
				for _, number := range numbers {
					if asked := x.Get(number).Status == sop.AwaitingApproval; !asked && number != bad {
						t.Errorf("%s: %s is %s", when, number, x.Get(number).Status)
					}
				}
				ended := aside(x)
				if when == "tasks" && x.Get(bad).Status == sop.NeedsReview {
					ended = append(ended, bad) // its case has it
				}
				if want := map[bool]int{true: 0, false: 1}[when == "control"]; len(ended) != want || len(waiting(x)) > 0 || len(health.Faults()) > 0 {
					t.Errorf("%s: aside %.60q, waiting %.60q, health %v", when, ended, waiting(x), health.Faults())
				}
			})
		})
	}
}
