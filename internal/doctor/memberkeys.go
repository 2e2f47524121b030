package doctor

import (
	"time"

	"ukpbjd/internal/config"
	"ukpbjd/internal/daemon"
)

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
