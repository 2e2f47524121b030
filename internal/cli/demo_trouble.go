package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ukpbjd/internal/control"
	"ukpbjd/internal/rehearsal"
	"ukpbjd/internal/sop"
	"ukpbjd/internal/stage"
)

// incomplete sends a request without the SK, reads what is missing, and completes it by a reply.
func (p *play) incomplete(ctx context.Context) error {
	without, err := p.troubled.Without(1)
	if err != nil {
		return err
	}
	if err := p.stage.Request(without, true); err != nil {
		return err
	}
	number := "PKJ-" + year() + "-0002"
	l, err := p.stage.Await(ctx, p.stage.Cast.Staff, number, sop.Kekurangan)
	if err != nil {
		return err
	}
	p.expect(strings.Contains(l.Msg.Text, sk), "surat kekurangan menyebut nama berkas yang belum ada: %s", sk)
	v, err := p.stage.Daemon.Control.Show(ctx, number)
	if err != nil {
		return err
	}
	p.expect(v.Status == "Belum lengkap", "status %s: %s", number, v.Status)
	asked := slices.ContainsFunc(v.Letters, func(x control.LetterView) bool { return x.Kind == sop.Persetujuan })
	p.expect(!asked, "Admin Agency belum ditanya")
	p.say("%s membalas dengan SK yang tertinggal.", p.stage.Cast.Staff.Name)
	if err := p.stage.Answer(l, "Berikut SK yang tertinggal. Mohon maaf.", rehearsal.Thunderbird, p.troubled.Files[1]); err != nil {
		return err
	}
	_, err = p.stage.Await(ctx, p.stage.Cast.Admin, number, sop.Persetujuan)
	p.expect(err == nil, "setelah lengkap, Admin Agency dimintai persetujuan")
	return err
}

const sk = "SK penetapan/pengangkatan anggota Pokja"

// spoof delivers, from outside, the best forgery there is: the right thread, the right code, the right words.
func (p *play) spoof(ctx context.Context) error {
	number := "PKJ-" + year() + "-0002"
	l, err := p.stage.Await(ctx, p.stage.Cast.Admin, number, sop.Persetujuan)
	if err != nil {
		return err
	}
	raw, err := p.stage.Reply(l, "SETUJU", rehearsal.Gmail)
	if err != nil {
		return err
	}
	raw = rehearsal.WithVerdict(raw, p.stage.Post.AuthservID(), "auth=pass smtp.auth="+p.stage.Cast.Admin.Address)
	p.void = l.Msg.MessageID
	if err := p.stage.Post.Deliver(p.stage.Cast.Office.Address, raw); err != nil {
		return err
	}
	p.say("Seseorang dari luar mengirim SETUJU atas nama %s, lengkap dengan kode dan bukti palsu.", p.stage.Cast.Admin.Address)
	why, err := p.refused(ctx, number)
	if err != nil {
		return err
	}
	p.expect(true, "ditolak pada gerbang %s (%s)", why.Gate, why.Reason)
	v, err := p.stage.Daemon.Control.Show(ctx, number)
	if err != nil {
		return err
	}
	p.expect(v.Approval == nil && v.Status == "Menunggu persetujuan", "tidak ada kredensial yang keluar; status tetap %s", v.Status)
	return nil
}

// refused waits until the case shows a mail that was refused.
func (p *play) refused(ctx context.Context, number string) (control.MailView, error) {
	for {
		w, err := p.stage.Daemon.Control.Why(ctx, number)
		if err != nil {
			return control.MailView{}, err
		}
		if i := slices.IndexFunc(w.Mails, func(m control.MailView) bool { return m.Outcome == "refused" }); i >= 0 {
			return w.Mails[i], nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return control.MailView{}, fmt.Errorf("wait for a verdict in %s: %w", number, ctx.Err())
		}
	}
}

// bounce lets the real approver answer; one member's mailbox is full.
func (p *play) bounce(ctx context.Context) error {
	number := "PKJ-" + year() + "-0002"
	if err := p.approve(ctx, number, rehearsal.Roundcube); err != nil {
		return err
	}
	members := stage.People(p.troubled)
	if err := p.receive(ctx, number, members[:2]); err != nil {
		return err
	}
	l, err := p.stage.Await(ctx, p.stage.Cast.Admin, number, sop.GagalKirim)
	if err != nil {
		return err
	}
	p.expect(strings.Contains(l.Msg.Text, members[2].Address), "Admin Agency dan pemohon diberi tahu: surat kepada %s kembali", members[2].Address)
	v, err := p.stage.Daemon.Control.Show(ctx, number)
	if err != nil {
		return err
	}
	p.expect(v.Members[2].State == sop.MemberFailed, "baris anggota ketiga: %s; kasus tetap terbuka (%s)", v.Members[2].State, v.Status)
	return nil
}

// mend corrects the address to which the letter did not come; one row is approved again, and nobody else notices.
func (p *play) mend(ctx context.Context) error {
	c, number := p.stage.Cast, "PKJ-"+year()+"-0002"
	l, err := p.stage.Await(ctx, c.Staff, number, sop.GagalKirim)
	if err != nil {
		return err
	}
	p.say("%s membalas dengan alamat yang benar; Admin Agency menyetujui baris itu saja.", c.Staff.Name)
	if err := p.stage.Answer(l, p.moved.Name+": "+p.moved.Address, rehearsal.Thunderbird); err != nil {
		return err
	}
	if l, err = p.stage.Await(ctx, c.Admin, "["+number+"] Persetujuan alamat baru", sop.Persetujuan); err != nil {
		return err
	}
	p.expect(strings.Contains(l.Msg.Text, p.moved.Address), "surat persetujuan kedua hanya menanyakan satu alamat baru; passwordnya tetap sama")
	if err := p.stage.Answer(l, "SETUJU", rehearsal.Roundcube); err != nil {
		return err
	}
	if err := p.receive(ctx, number, []sop.Person{p.moved}); err != nil {
		return err
	}
	_, err = p.stage.Await(ctx, c.Staff, number, sop.Selesai)
	p.expect(err == nil, "surat sampai di alamat baru, dan kasus %s selesai", number)
	return err
}

// repeat sends the first request once more.
func (p *play) repeat(ctx context.Context) error {
	number := "PKJ-" + year() + "-0001"
	if err := p.stage.Request(p.sunny, true); err != nil {
		return err
	}
	l, err := p.stage.Await(ctx, p.stage.Cast.Staff, number, sop.StatusKasus)
	if err != nil {
		return err
	}
	all, err := p.stage.Daemon.Control.Cases(ctx, false)
	p.expect(strings.Contains(l.Msg.Subject, number) && len(all) == 2, "tidak ada kasus baru: pemohon diberi tahu keadaan %s", number)
	return err
}

// kept asks for a Pokja in which one member has an account already.
func (p *play) kept(ctx context.Context) error {
	number := "PKJ-" + year() + "-0003"
	if err := p.stage.Request(p.later, true); err != nil {
		return err
	}
	l, err := p.stage.Await(ctx, p.stage.Cast.Admin, number, sop.Persetujuan)
	if err != nil {
		return err
	}
	p.expect(strings.Contains(strings.Join(strings.Fields(l.Msg.Text), " "), "akun sudah ada (TETAP), PKJ-"+year()+"-0001"), "satu anggota diusulkan TETAP, akunnya dari PKJ-%s-0001", year())
	if err := p.approve(ctx, number, rehearsal.Gmail); err != nil {
		return err
	}
	first := stage.People(p.later)[0]
	if l, err = p.stage.Await(ctx, first, number, sop.Kredensial); err != nil {
		return err
	}
	p.expect(stage.PasswordIn(l.Msg) == "", "suratnya tidak memuat password: yang lama tetap berlaku")
	if err := p.receive(ctx, number, stage.People(p.later)); err != nil {
		return err
	}
	_, err = p.stage.Await(ctx, p.stage.Cast.Staff, number, sop.Selesai)
	return err
}

// audit holds the books against the promise, and searches everything for the passwords that were given out.
func (p *play) audit(ctx context.Context) error {
	r, err := p.stage.Daemon.Audit.Verify(ctx)
	if err != nil {
		return err
	}
	for _, f := range r.Findings {
		p.say("%s: %s", f.Where, f.What)
	}
	p.expect(len(r.Findings) == 0, "verify: %d kasus, %d surat, %d surel, %d berkas arsip tanpa temuan", r.Cases, r.Letters, r.Mails, r.Files)
	words, err := p.stage.Passwords()
	if err != nil {
		return err
	}
	p.expect(len(words) == len(p.sunny.Roster)+len(p.troubled.Roster)+len(p.later.Roster)-1, "%d kata sandi untuk sebanyak itu akun baru, semuanya berbeda", len(words))
	leaks, err := p.stage.Leaks(words)
	for _, l := range leaks {
		p.say("%s", l)
	}
	p.expect(len(leaks) == 0, "tidak satu pun kata sandi ditemukan di luar surat yang dialamatkan: berkas, basis data, surel lain")
	return err
}

// invite tells how any mail program can join, and every other command.
func (p *play) invite(dir string) error {
	s := p.stage
	path, err := s.Write(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\nKantor tetap buka. Tekan Ctrl-C untuk menutup.\n  IMAP  %s (tanpa TLS)\n  SMTP  %s (tanpa TLS, masuk dengan alamat sendiri)\n",
		s.Post.IMAPAddr(), s.Post.SMTPAddr())
	fmt.Fprintf(p.out, "  Laman http://%s/\n  Perintah lain: ukpbjd --config %s cases\n  Kata sandi setiap kotak surat: %s\n  Kotak surat:\n", s.Daemon.PageAddr(), path, s.Password().Reveal())
	c := s.Cast
	for _, x := range append([]sop.Person{c.Office, c.Staff, c.Admin, c.KepalaLPSE, c.KepalaBagian, c.Operator}, p.members()...) {
		fmt.Fprintf(p.out, "    %-40s %s\n", x.Address, x.Name)
	}
	return nil
}
