package statuspage

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"ukpbjd/internal/secret"
)

// guard lets only reading through, only under a name of this machine, and tells browsers to keep everything else out.
func (p *page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src "+p.tmpl.style+"; script-src "+p.tmpl.live+
			"; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !p.knownHost(r.Host) {
			// A foreign name that leads here is DNS rebinding. RFC 9110 §15.5.20.
			http.Error(w, "halaman ini hanya melayani nama setempat", http.StatusMisdirectedRequest)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "halaman ini hanya dapat dibaca", http.StatusMethodNotAllowed)
			return
		}
		if _, password, _ := r.BasicAuth(); !p.Password.Absent() && r.URL.Path != "/healthz" && !p.Password.Equal(secret.New([]byte(password))) {
			h.Set("WWW-Authenticate", `Basic realm="ukpbjd", charset="UTF-8"`)
			http.Error(w, "halaman ini meminta kata sandi", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *page) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || slices.Contains(p.Hosts, host) {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
