package stage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ukpbjd/internal/sop"
)

// TestOtherProcedure: a request for a reset is answered as DOMAIN says, whether it came as text or as HTML only.
func TestOtherProcedure(t *testing.T) {
	for kind, text := range map[string]string{
		"text/plain": "Yth. Admin,\r\n\r\nMohon reset password akun SPSE anggota Pokja atas nama Contoh karena lupa.\r\n\r\nTerima kasih.\r\n",
		"text/html":  "<p>Yth. Admin,</p><p>Mohon reset password akun SPSE anggota Pokja atas nama Contoh karena lupa.</p><p>Terima kasih.</p>",
	} {
		t.Run(strings.ReplaceAll(kind, "/", " "), func(t *testing.T) {
			t.Parallel()
			x := set(t, Options{})
			x.do(x.Start(x.ctx))
			raw := fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nMessage-ID: <reset@%s>\r\nDate: %s\r\nSubject: Permohonan password akun\r\nMIME-Version: 1.0\r\n"+
				"Content-Type: %s; charset=utf-8\r\n\r\n%s", x.Cast.Staff.Address, x.Cast.Office.Address, Domain, time.Now().Format(time.RFC1123Z), kind, text)
			x.do(x.Submit(x.Cast.Staff, raw, x.Cast.Office))
			if l := x.await(x.Cast.Staff, sop.Bantuan); !strings.Contains(l.Msg.Text, "pengaturan ulang") {
				t.Errorf("the answer says nothing of a reset:\n%s", l.Msg.Text)
			}
			if cases, err := x.Daemon.Control.Cases(x.ctx, false); err != nil || len(cases) > 0 {
				t.Errorf("%d cases were opened: %v", len(cases), err)
			}
		})
	}
}
