package postoffice

import (
	"crypto/tls"
	"log"
	"log/slog"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

func (o *Office) imapServer() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		Caps: o.caps(), TLSConfig: o.serverTLS(), InsecureAuth: o.opt.Security == "none", Logger: o.printer(),
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{office: o, conn: gated(c)}, nil, nil
		},
	})
}

// caps: IMAP4rev2 would imply IDLE, MOVE and UIDPLUS, so hiding one of them means an older server.
func (o *Office) caps() imap.CapSet {
	set := imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapESearch: {}, imap.CapMove: {}, imap.CapUIDPlus: {}}
	if o.opt.HideMOVE {
		delete(set, imap.CapMove)
	}
	if o.opt.HideUIDPLUS {
		delete(set, imap.CapUIDPlus)
	}
	if !o.opt.HideMOVE && !o.opt.HideUIDPLUS && !o.opt.HideIDLE {
		set[imap.CapIMAP4rev2] = struct{}{}
	}
	return set
}

// gated finds our own connection under the TLS one.
func gated(c *imapserver.Conn) *conn {
	nc := c.NetConn()
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	g, _ := nc.(*conn)
	return g
}

// printer passes the servers' own complaints to the log: peers that break off are daily bread here.
func (o *Office) printer() *log.Logger {
	return slog.NewLogLogger(o.opt.Logger.With("of", "post office").Handler(), slog.LevelDebug)
}
