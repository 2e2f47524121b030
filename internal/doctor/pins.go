package doctor

import (
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
	"ukpbjd/internal/msgauth"
	"ukpbjd/internal/sop"
)

// pinSoon is how long before its end an approver should get another certificate or key.
const pinSoon = 30 * 24 * time.Hour

// checkPins looks at what each approver and deputy signs with: readable, for signing, in its time. Below level signed nothing
// rests on it, so nothing of it is a fault.
func checkPins(cfg *config.Config, now time.Time) []Finding {
	var found []Finding
	for _, a := range cfg.People.Approving() {
		found = append(found, checkPin(a, now, cfg.Trust.Assurance == sop.Signed)...)
	}
	return found
}

func checkPin(a config.Approver, now time.Time, needed bool) []Finding {
	subject := "signature of " + a.Address
	fault := func(remedy, format string, args ...any) Finding {
		if needed {
			return bad(subject, remedy, format, args...)
		}
		return warn(subject, remedy, format, args...)
	}
	const anew = "ask them for their present certificate or public key, and name its file in certificate_file or openpgp_key_file"
	p, err := msgauth.NewPin(a.Certificates, a.OpenPGPKey)
	switch {
	case err != nil:
		return []Finding{fault(anew, "%v", err)}
	case p.Empty() && needed:
		return []Finding{bad(subject, anew, "nothing is registered; no answer of theirs could be obeyed")}
	}
	var out, sick []Finding
	for _, r := range p.Registered(now, append([]string{a.Address}, a.Aliases...)...) {
		switch {
		case r.Fault != "":
			sick = append(sick, fault(anew, "%s %s", r.Name, r.Fault))
		case r.Odd != "":
			out = append(out, warn(subject, anew, "%s %s", r.Name, r.Odd))
		case !r.Until.IsZero() && r.Until.Before(now.Add(pinSoon)):
			out = append(out, warn(subject, anew, "%s ends on %s", r.Name, r.Until.Format(time.DateOnly)))
		case r.Until.IsZero():
			out = append(out, good(subject, "%s does not expire", r.Name))
		default:
			out = append(out, good(subject, "%s is good until %s", r.Name, r.Until.Format(time.DateOnly)))
		}
	}
	if len(out) > 0 { // an old one beside a good one only waits to be taken out
		for i := range sick {
			sick[i].Level, sick[i].Remedy = warn("", "", "").Level, "take it out of its file"
		}
	}
	return append(out, sick...)
}

// checkMemberKeys says of each key whether letters can be encrypted to it.
func checkMemberKeys(cfg *config.Config, now time.Time) (found []Finding) {
	keys, faults := daemon.MemberKeys(cfg, now)
	for _, f := range faults {
		remedy := f.Remedy
		f.Remedy = ""
		found = append(found, bad("member key", remedy, "%s", f))
	}
	if len(faults) > 0 || len(keys) == 0 {
		return found
	}
	for _, k := range cfg.People.MemberKeys {
		if keys[daemon.KeyOf(k)].Check(now.Add(pinSoon)) != nil {
			f := k.At
			f.Text = "comes to its end within 30 days"
			found = append(found, warn("member key", daemon.AskAnew(k), "%s", f))
		}
	}
	return append(found, good("member keys", "%d, all for encryption", len(keys)))
}
