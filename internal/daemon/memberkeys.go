package daemon

import (
	"strings"
	"time"

	"ukpbjd/internal/clerk"
	"ukpbjd/internal/config"
	"ukpbjd/internal/credential"
)

// memberKeys reads the keys of members, and makes a fault of each that no letter can be encrypted to, with its line. At zero
// time none is too old: the daemon starts, and a letter that needs such a key is refused and told of.
func memberKeys(cfg *config.Config, now time.Time) (clerk.MemberKeys, config.Faults) {
	out := clerk.MemberKeys{}
	var faults config.Faults
	for _, k := range cfg.People.MemberKeys {
		r, err := credential.NewRecipient(k.Certificate, k.OpenPGPKey)
		if err == nil && !now.IsZero() {
			err = r.Check(now)
		}
		whose := keyOf(k)
		f := k.At
		f.Remedy = askAnew(k)
		if _, twice := out[whose]; twice && err == nil {
			f.Text, f.Remedy = "a second key for "+whose, "keep one of them"
			faults = append(faults, f)
		} else if err != nil {
			f.Text = "the key of " + whose + " cannot be used: " + err.Error()
			faults = append(faults, f)
		}
		out[whose] = r
	}
	return out, faults
}

// keyOf names whose key an entry is.
func keyOf(k config.MemberKey) string { return strings.ToLower(k.Address) + k.NIP }

func askAnew(k config.MemberKey) string {
	return "ask " + keyOf(k) + " for their present certificate or public key, or remove the entry: their letters are then delivered as credentials.delivery says"
}

// checkMemberKeys says of each key whether letters can be encrypted to it.
func checkMemberKeys(cfg *config.Config, now time.Time) (found []Finding) {
	keys, faults := memberKeys(cfg, now)
	for _, f := range faults {
		remedy := f.Remedy
		f.Remedy = ""
		found = append(found, bad("member key", remedy, "%s", f))
	}
	if len(faults) > 0 || len(keys) == 0 {
		return found
	}
	for _, k := range cfg.People.MemberKeys {
		if keys[keyOf(k)].Check(now.Add(pinSoon)) != nil {
			f := k.At
			f.Text = "comes to its end within 30 days"
			found = append(found, warn("member key", askAnew(k), "%s", f))
		}
	}
	return append(found, good("member keys", "%d, all for encryption", len(keys)))
}
