package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"ukpbjd/internal/sop"
)

// check says what is wrong with one row.
type check func(b rows, key string, value []byte) error

// checks are those of every bucket but journal and tree, of which Journal.Audit knows more.
var checks = map[string]check{
	bCases: is[sop.Case], bLetters: is[LetterRow], bTasks: is[TaskRow], bAccounts: is[Account], bSeen: is[MailRecord], bContent: is[Content],
	bUnarchived: is[Unarchived], bAside: is[Aside], bLimits: is[limitRow], bReturn: is[Requeue], bMsgIDs: is[MessageRef], bAgain: func(b rows, key string, v []byte) error {
		if len(v) == 0 {
			return nil
		}
		return is[Requeue](b, key, v)
	},
	bSeq: isNumber, bCounts: isNumber, bAttempts: isNumber, bMeta: ofMeta,
	bOpen: leadsTo(bCases, 0), bWake: leadsTo("", 1), bOutbox: leadsTo(bLetters, 1), bSending: leadsTo(bLetters, 0), bParked: leadsTo(bLetters, 0),
	bUnkept: leadsTo("", 0), bJudged: leadsTo(bSeen, 1), bReview: leadsTo(bSeen, 0),
	bRequests: isCase, bKnown: func(b rows, key string, v []byte) error {
		if strings.HasPrefix(key, "from/") {
			return isCase(b, key, v)
		}
		return unless(bytes.ContainsRune(v, '@') || strings.HasPrefix(key, "print/") && len(v) > 0, "no address")
	},
	bUsers:  func(b rows, _ string, v []byte) error { return b.names(bNIPs, string(v), "") },
	bNIPs:   func(b rows, key string, v []byte) error { return b.names(bUsers, strings.ToLower(string(v)), key) },
	bBodies: ofBody, bCopies: isMail, bReplace: isMail,
	bEvidence: func(_ rows, key string, v []byte) error {
		return unless(strings.HasSuffix(key, "/"+sumOf(v)), "it is not what its name says")
	},
	bCheckpoints: func(_ rows, _ string, v []byte) error {
		_, err := cutCheckpoint(v)
		return err
	},
	bToFile: func(b rows, key string, v []byte) error {
		var s MailRecord
		_, err := b.get(bSeen, key, &s)
		return cmp.Or(err, unless(s.Folder == string(v), "not the folder of its mail"))
	},
}

// Check reads every row, whoever it belongs to, and returns a RowError for each that is damaged: see Damaged.
func (b State) Check() error {
	var all []error
	for bucket, wrong := range checks {
		all = append(all, b.scan(bucket, "", "", func(k string, v []byte) bool {
			var row *RowError
			if why := wrong(b.rows, k, v); why != nil && !errors.As(why, &row) { // else it is another's
				all = append(all, &RowError{bucket, k, why})
			}
			return true
		}))
	}
	return errors.Join(all...)
}

func unless(ok bool, what string) error {
	if ok {
		return nil
	}
	return errors.New(what)
}

func is[T any](_ rows, key string, v []byte) error {
	var x T
	return cmp.Or(json.Unmarshal(v, &x), misnamed(key, &x))
}

func isNumber(_ rows, _ string, v []byte) error {
	_, err := strconv.Atoi(string(v))
	return err
}

func isCase(_ rows, _ string, v []byte) error {
	_, err := caseKey(string(v))
	return err
}

func isMail(_ rows, _ string, v []byte) error {
	return unless(bytes.Contains(v, []byte(": ")) && bytes.ContainsRune(v, '\n'), "no mail")
}

// leadsTo is a mark whose key, without so many parts in front, is the key of a row ("": of none that must be there).
func leadsTo(bucket string, front int) check {
	return func(b rows, key string, v []byte) error {
		if key = strings.Join(strings.SplitN(key, "/", front+1)[min(front, strings.Count(key, "/")):], "/"); bucket == "" || len(v) > 0 {
			return unless(len(v) == 0, "more than a mark")
		}
		row, err := b.tx.Get(bucket, []byte(key))
		return cmp.Or(err, unless(row != nil, "leads to nothing"))
	}
}

// names: what stands under a key leads back ("": to anything).
func (b rows) names(bucket, key, back string) error {
	got, err := b.text(bucket, key)
	return cmp.Or(err, unless(got != "" && (back == "" || got == back), "leads to nobody, or to another"))
}

func ofMeta(b rows, key string, v []byte) error {
	first, _, _ := strings.Cut(key, "/")
	switch first {
	case "schema", treeSize, epochKey, "journal":
		return isNumber(b, key, v)
	case "held", "expiring":
		return unless(len(v) == 0, "more than a mark")
	case "reported":
		_, err := time.Parse("2006-01", string(v))
		return err
	case "ground":
		return unless(len(bytes.Trim(v, "abcdefghijklmnopqrstuvwxyz")) == 0, "no word")
	}
	return unless(json.Valid(v), "no JSON")
}

// ofBody: it is what its letter says, as far as that says it.
func ofBody(b rows, key string, v []byte) error {
	var r LetterRow
	ok, err := b.get(bLetters, key, &r)
	switch {
	case !ok || err != nil:
		unkept, bad := b.tx.Get(bUnkept, []byte(key))
		return cmp.Or(bad, unless(err != nil || unkept != nil, "of no letter"))
	case r.Sealed: // what was written can be read with the keys only
		return unless(len(v) > 40, "no seal")
	case r.SHA256 != "":
		return unless(r.SHA256 == sumOf(v), "not what was written")
	}
	return isMail(b, key, v)
}

func sumOf(v []byte) string {
	sum := sha256.Sum256(v)
	return hex.EncodeToString(sum[:])
}
