// Package internal_test keeps the house in order: who may import whom, which room may use which library, no clock or chance
// in the core, one owner for what a secret reveals, every row of SOP 02 cited, no test kit in the binary. Each rule is a
// function from source files to findings, tried on the real tree and on a small faulty one.
package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "ukpbjd"

// The rooms of internal/README.md. A room that nobody has built yet may stand here; one that stands nowhere is a finding.
var (
	core  = rooms("sop secret triage letter message document workday ooxml htmltext")
	edge  = rooms("alarm mailbox msgauth extract form postman store credential archive report statuspage config postoffice rehearsal")
	work  = rooms("queue intake outbox tasks timer archiver office")
	shell = rooms("daemon control doctor audit backup stage bench bottle cli")
)

// single are the rooms without goroutine or lock: the race detector has nothing to look for there, and .ci/run, which reads this
// line, leaves them out under it.
var single = rooms("alarm audit backup cmd config control doctor document form htmltext letter message ooxml rehearsal report secret sop templates triage workday")

// forShell are reached only from the shell: every other room gets a small Options struct or an fs.FS.
var forShell = rooms("internal/config templates")

// library says who may import an outside module, and why. user is a room, or one package of it ("store/bolt").
type library struct {
	module, users, why string
}

var libraries = []library{
	{"codeberg.org/go-pdf/fpdf", "report rehearsal", "the lembar kendali; papers for the rehearsal"},
	{"filippo.io/age", "credential", "sealed files and backups"},
	{"github.com/ProtonMail/go-crypto", "msgauth credential", "OpenPGP: signatures; letters for a member's key"},
	{"github.com/alecthomas/kong", "cli", "the command line"},
	{"github.com/boombuler/barcode", "report", "the QR code of the lembar kendali"},
	{"github.com/coreos/go-systemd/v22", "cli", "sd_notify and the watchdog"},
	{"github.com/emersion/go-imap/v2", "mailbox postoffice", "IMAP, both ends"},
	{"github.com/emersion/go-msgauth", "msgauth", "DKIM only: its Authentication-Results parser can be injected"},
	{"github.com/emersion/go-sasl", "mailbox postoffice", "IMAP and SMTP sign-in"},
	{"github.com/emersion/go-smtp", "postoffice", "the embedded SMTP server"},
	{"github.com/goccy/go-yaml", "config", "strict YAML with line and column"},
	{"github.com/jhillyerd/enmime/v2", "message", "lenient MIME"},
	{"github.com/ledongthuc/pdf", "extract", "PDF text without a program"},
	{"github.com/prometheus/client_golang", "statuspage", "metrics"},
	{"github.com/smallstep/pkcs7", "msgauth credential", "S/MIME: signatures; letters for a member's certificate"},
	{"github.com/wneessen/go-mail", "postman", "SMTP and building mails"},
	{"github.com/xuri/excelize/v2", "extract form credential report stage", "workbooks: read, formulir, account sheet, register; actors fill sheets in"},
	{"go.etcd.io/bbolt", "store/bolt", "the default engine"},
	{"golang.org/x/crypto", "credential", "XChaCha20-Poly1305"},
	{"golang.org/x/image", "report extract", "letters of charts: the Go fonts, drawn into PNG; TIFF of office scanners"},
	{"golang.org/x/mod", "store", "sumdb tlog and note for the journal"},
	{"golang.org/x/net", "htmltext extract", "HTML as text, character sets of HTML and XML"},
	{"golang.org/x/sync", "intake outbox tasks timer archiver daemon bench extract", "bounded groups of goroutines"},
	{"golang.org/x/sys", "daemon extract archive", "TCP_USER_TIMEOUT, limits of child processes, syncfs"},
	{"golang.org/x/term", "cli", "is this a terminal"},
	{"golang.org/x/text", "document extract triage", "normal forms; old character sets"},
	// never in the binary
	{"github.com/chromedp/chromedp", "", "tests only: the status page in a browser"},
	{"github.com/rogpeppe/go-internal", "", "tests only: testscript"},
	{"go.uber.org/goleak", "", "tests only: every goroutine has an owner"},
	{"pgregory.net/rapid", "store/storetest", "tests only: properties"},
}

// testKits are packages that only tests import, so they may use package testing, and are never linked into the binary.
var testKits = rooms("store/storetest office/officetest postoffice/realserver extract/clamdtest rehearsal/forgery")

// revealers are the packages, or single files, that may open a secret.Secret, and why.
var revealers = map[string]string{
	"secret":     "compares",
	"letter":     "writes the password into the one kredensial letter, and into the tembusan that names whose it carries",
	"credential": "seals, derives codes, writes the encrypted sheet",
	"mailbox":    "IMAP login",
	"postman":    "SMTP login",
	"postoffice": "its users' passwords",

	"internal/stage/sheet.go":   "an actor opens and edits the account sheet as an approver does",
	"internal/stage/written.go": "writes the invented office's key files, as init does",

	"internal/cli/demo_trouble.go": "tells the invented password of the demo's own mailboxes",
}

// impure is what the core may not import: what it decides depends on its arguments alone.
var impure = []string{"log", "os", "net", "syscall", "math/rand", "crypto/rand", "io/ioutil", "runtime", "testing", "unsafe", "time/tzdata"}

// pure are parsers that stand below an impure path.
var pure = rooms("net/mail net/netip net/textproto net/url")

// impureCalls read the clock, wait, or reach the process's own files.
var impureCalls = map[string][]string{
	"time":    {"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep", "Local", "LoadLocation"},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
	"fmt":     {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
}

// sopRows are the rows of SOP 02 (DOMAIN, "The procedure").
var sopRows = strings.Fields("1.1 1.2 1.3 1.4 1.5 2.1 2.2 2.3 3.1 W.1 W.2 R.1 R.2")

// sleepers may call time.Sleep: path, and why.
var sleepers = map[string]string{}

// source is one Go file.
type source struct {
	path string // from the root, "internal/sop/case.go"
	room string // "sop", "cmd", "templates"
	pkg  string // below internal: "store/bolt"; elsewhere the directory
	test bool
	ast  *ast.File
	fset *token.FileSet
}

func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

func rooms(s string) map[string]int {
	m := map[string]int{}
	for i, r := range strings.Fields(s) {
		m[r] = i
	}
	return m
}

func has[V any](m map[string]V, k string) bool { _, ok := m[k]; return ok }

// load parses every Go file of the tree, build tags or not.
func load(root fs.FS) ([]source, error) {
	var tree []source
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(p)
		if d.IsDir() && p != "." && (base == "testdata" || base[0] == '.' || base[0] == '_') {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		b, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, b, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := path.Dir(p)
		room, _, _ := strings.Cut(strings.TrimPrefix(pkg, "internal/"), "/")
		tree = append(tree, source{path: p, room: room, pkg: strings.TrimPrefix(pkg, "internal/"), test: strings.HasSuffix(p, "_test.go"), ast: f, fset: fset})
		return nil
	})
	return tree, err
}

// eachImport visits the imports of what goes into the binary.
func eachImport(tree []source, visit func(s source, spec *ast.ImportSpec, what string)) {
	for _, s := range tree {
		if s.test {
			continue
		}
		for _, spec := range s.ast.Imports {
			what, _ := strconv.Unquote(spec.Path.Value)
			visit(s, spec, what)
		}
	}
}

// importRule: CORE ← EDGE ← WORK ← SHELL ← cmd; no edge another; of the work only queue and office are imported by the rest of
// it; and the shell does not go in circles.
func importRule(tree []source) (found []string) {
	for _, s := range tree {
		known := has(core, s.room) || has(edge, s.room) || has(work, s.room) || has(shell, s.room) || s.room == "cmd" || s.room == "templates" || s.pkg == "internal"
		if !known {
			found = append(found, s.path+": a room that the import rule does not know")
		}
	}
	imports := map[string]map[string]bool{} // room → rooms of the shell
	eachRoom(tree, func(s source, _ *ast.ImportSpec, _, room string) {
		if imports[s.room] == nil {
			imports[s.room] = map[string]bool{}
		}
		imports[s.room][room] = has(shell, room)
	})
	eachRoom(tree, func(s source, spec *ast.ImportSpec, inner, room string) {
		why := refused(s.room, room, inner)
		if why == "" && has(shell, s.room) && room != s.room && reaches(imports, room, s.room, map[string]bool{}) {
			why = "the shell goes in a circle"
		}
		if why != "" {
			found = append(found, s.at(spec)+": imports "+inner+": "+why)
		}
	})
	return found
}

// eachRoom visits the imports of our own packages ("internal/store/bolt", of room store).
func eachRoom(tree []source, visit func(s source, spec *ast.ImportSpec, inner, room string)) {
	eachImport(tree, func(s source, spec *ast.ImportSpec, what string) {
		if inner, ours := strings.CutPrefix(what, module+"/"); ours {
			room, _, _ := strings.Cut(strings.TrimPrefix(inner, "internal/"), "/")
			visit(s, spec, inner, room)
		}
	})
}

// reaches says that one room of the shell imports another, itself or through others.
func reaches(imports map[string]map[string]bool, from, to string, seen map[string]bool) bool {
	seen[from] = true
	for next, inShell := range imports[from] {
		if inShell && (next == to || !seen[next] && reaches(imports, next, to, seen)) {
			return true
		}
	}
	return false
}

// refused says why a file of room may not import the package inner ("internal/store/bolt", "templates") of the room target.
func refused(room, target, inner string) string {
	switch {
	case room == target:
		return ""
	case room == "cmd":
		if !has(shell, target) {
			return "cmd imports only the shell"
		}
	case has(shell, room):
		return ""
	case has(shell, target):
		return "only cmd imports the shell from outside"
	case has(forShell, inner):
		return "only the shell imports config and templates"
	case room == "queue":
		return "queue imports nothing of ours"
	case has(work, room) && has(work, target) && target != "queue" && target != "office":
		return "the work imports of itself only queue and office"
	case has(core, room) && !has(core, target):
		return "the core imports the core"
	case has(edge, room) && !has(core, target):
		return "an edge imports the core, never another edge"
	case room == "templates":
		return "templates imports nothing of ours"
	}
	return ""
}

// libraryRule: every outside import stands in the table, a core room has at most one library, sop none.
func libraryRule(tree []source) (found []string) {
	used := map[string]map[string]bool{}
	eachImport(tree, func(s source, spec *ast.ImportSpec, what string) {
		first, _, _ := strings.Cut(what, "/")
		if first == module || !strings.Contains(first, ".") {
			return
		}
		i := slices.IndexFunc(libraries, func(l library) bool { return below(what, l.module) })
		if i < 0 {
			found = append(found, s.at(spec)+": imports "+what+", which is not in the table")
			return
		}
		allowed := strings.Fields(libraries[i].users)
		if !slices.ContainsFunc(allowed, func(u string) bool { return below(s.pkg, u) }) {
			found = append(found, fmt.Sprintf("%s: imports %s; only [%s] may (%s)", s.at(spec), what, libraries[i].users, libraries[i].why))
		}
		if has(core, s.room) {
			if used[s.room] == nil {
				used[s.room] = map[string]bool{}
			}
			used[s.room][libraries[i].module] = true
			if s.room == "sop" || len(used[s.room]) > 1 {
				found = append(found, s.at(spec)+": imports "+what+": a core room has at most one library, sop none")
			}
		}
	})
	return found
}

// noTestKits: what only tests need is imported by tests, and by other kits.
func noTestKits(tree []source) (found []string) {
	eachImport(tree, func(s source, spec *ast.ImportSpec, what string) {
		inner, _ := strings.CutPrefix(what, module+"/")
		if !has(testKits, s.pkg) && (below(what, "testing") || has(testKits, strings.TrimPrefix(inner, "internal/"))) {
			found = append(found, s.at(spec)+": imports "+inner+" outside a test")
		}
	})
	return found
}

func below(p, top string) bool { return p == top || strings.HasPrefix(p, top+"/") }

// pureCore: no clock, chance, log, disk or network in the core.
func pureCore(tree []source) (found []string) {
	eachImport(tree, func(s source, spec *ast.ImportSpec, what string) {
		if !has(core, s.room) {
			return
		}
		if !has(pure, what) && slices.ContainsFunc(impure, func(p string) bool { return below(what, p) }) {
			found = append(found, s.at(spec)+": the core imports "+what)
		}
		calls := impureCalls[what]
		if calls == nil {
			return
		}
		name := path.Base(what)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			found = append(found, s.at(spec)+": the core imports "+what+" into its own names")
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && slices.Contains(calls, sel.Sel.Name) {
				found = append(found, s.at(sel)+": the core uses "+what+"."+sel.Sel.Name)
			}
			return true
		})
	})
	return found
}

// oneComment: exactly one package comment per package, and it begins as godoc wants it.
func oneComment(tree []source) (found []string) {
	comments := map[string]int{}
	for _, s := range tree {
		if s.test {
			continue
		}
		dir := path.Dir(s.path)
		comments[dir] += 0
		if s.ast.Doc == nil {
			continue
		}
		comments[dir]++
		want := "Package " + s.ast.Name.Name + " "
		if s.ast.Name.Name == "main" {
			want = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(s.ast.Doc.Text(), want) {
			found = append(found, fmt.Sprintf("%s: the package comment does not begin with %q", s.at(s.ast.Doc), want))
		}
	}
	for dir, n := range comments {
		if n != 1 {
			found = append(found, fmt.Sprintf("%s: %d package comments", dir, n))
		}
	}
	slices.Sort(found)
	return found
}

// fewReveal: only the listed packages open a secret.
func fewReveal(tree []source) (found []string) {
	for _, s := range tree {
		if s.test || has(revealers, s.pkg) || has(revealers, s.path) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reveal" {
				found = append(found, s.at(sel)+": "+s.pkg+" reveals a secret")
			}
			return true
		})
	}
	return found
}

var citation = regexp.MustCompile(`\bSOP ((?:[0-9]|[A-Z])\.[0-9]+(?:(?:, | and |/)(?:[0-9]|[A-Z])\.[0-9]+)*)`)
var citedRow = regexp.MustCompile(`[0-9A-Z]\.[0-9]+`)

// everyRow: each row of the SOP is cited at code that carries it out (a package comment is not such a place), and no row
// is cited that the SOP does not have.
func everyRow(tree []source) (found []string) {
	cited := map[string]bool{}
	for _, s := range tree {
		if s.test {
			continue
		}
		for _, c := range s.ast.Comments {
			if c == s.ast.Doc {
				continue
			}
			for _, m := range citation.FindAllStringSubmatch(strings.Join(strings.Fields(c.Text()), " "), -1) {
				for _, row := range citedRow.FindAllString(m[1], -1) {
					cited[row] = true
					if !slices.Contains(sopRows, row) {
						found = append(found, s.at(c)+": cites SOP "+row+", which does not exist")
					}
				}
			}
		}
	}
	for _, row := range sopRows {
		if !cited[row] {
			found = append(found, "no line of code cites SOP "+row)
		}
	}
	return found
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
var vague = rooms("util utils common helper helpers manager model models types misc")

// manners: no work in init, no note of unfinished work, no sleeping, no package that is named for nothing.
func manners(tree []source, excused map[string]string) (found []string) {
	for _, s := range tree {
		if has(vague, path.Base(path.Dir(s.path))) || has(vague, strings.TrimSuffix(path.Base(s.path), ".go")) {
			found = append(found, s.path+": a name that says nothing")
		}
		for _, c := range s.ast.Comments {
			if m := unfinished.FindString(c.Text()); m != "" {
				found = append(found, s.at(c)+": "+m)
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					found = append(found, s.at(n)+": init does work")
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && n.Sel.Name == "Sleep" && !has(excused, s.path) {
					found = append(found, s.at(n)+": sleeps instead of waiting for something")
				}
			}
			return true
		})
	}
	return found
}

// nothingKept: a package whose tests look for failures with rapid keeps none of them: a kept one fails every later run on that machine.
func nothingKept(tree []source) (found []string) {
	uses, set := map[string]source{}, map[string]bool{}
	for _, s := range tree {
		for _, spec := range s.ast.Imports {
			if s.test && spec.Path.Value == `"pgregory.net/rapid"` {
				uses[s.pkg] = s
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && s.test && lit.Value == `"rapid.nofailfile"` {
				set[s.pkg] = true
			}
			return true
		})
	}
	for pkg, s := range uses {
		if !set[pkg] {
			found = append(found, s.path+`: nothing in this package sets "rapid.nofailfile"`)
		}
	}
	return found
}

// wholeHouse: a field of queue.Without, which leaves a law out, is set by tests alone.
func wholeHouse(tree []source) (found []string) {
	names := func(n ast.Node) (yes bool) {
		ast.Inspect(n, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			yes = yes || ok && sel.Sel.Name == "Without"
			return !yes
		})
		return yes
	}
	for _, s := range tree {
		if s.test {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sets := false
			switch n := n.(type) {
			case *ast.CompositeLit:
				id, plain := n.Type.(*ast.Ident)
				sets = len(n.Elts) > 0 && n.Type != nil && (names(n.Type) || plain && id.Name == "Without")
			case *ast.KeyValueExpr:
				id, plain := n.Key.(*ast.Ident)
				sets = plain && id.Name == "Without"
			case *ast.AssignStmt:
				sets = slices.ContainsFunc(n.Lhs, func(x ast.Expr) bool { return names(x) })
			case *ast.UnaryExpr:
				sets = n.Op == token.AND && names(n.X)
			}
			if sets {
				found = append(found, s.at(n)+": leaves out a law")
			}
			return true
		})
	}
	return found
}

var advice = regexp.MustCompile(`(?i)^(SYS_)?madv(ise|_)`)

// noTricks: nothing advises the kernel about memory, whether through a library or by number. Law 10
func noTricks(tree []source) (found []string) {
	for _, s := range tree {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && advice.MatchString(id.Name) {
				found = append(found, s.at(id)+": "+id.Name+" makes memory look smaller than it is")
			}
			return true
		})
	}
	return found
}

// noneBeside: a room that the race detector passes over starts no goroutine and shares nothing.
func noneBeside(tree []source) (found []string) {
	eachImport(tree, func(s source, spec *ast.ImportSpec, what string) {
		if has(single, s.room) && (below(what, "sync") || below(what, "golang.org/x/sync")) {
			found = append(found, s.at(spec)+": imports "+what+" in a room without goroutines")
		}
	})
	for _, s := range tree {
		if s.test || !has(single, s.room) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				found = append(found, s.at(g)+": starts a goroutine in a room without them")
			}
			return true
		})
	}
	return found
}

// mapShows: internal/README.md names every room there is.
func mapShows(tree []source, readme string) (found []string) {
	seen := map[string]bool{}
	for _, s := range tree {
		if strings.HasPrefix(s.path, "internal/") && s.pkg != "internal" && !seen[s.room] && !strings.Contains(readme, "`"+s.room+"`") {
			found = append(found, "internal/README.md does not name `"+s.room+"`")
		}
		seen[s.room] = true
	}
	return found
}

func realTree(t *testing.T) []source {
	t.Helper()
	tree, err := load(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree) < 10 {
		t.Fatalf("only %d Go files below the project's root", len(tree))
	}
	return tree
}

func TestHouse(t *testing.T) {
	tree := realTree(t)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, found := range map[string][]string{
		"ImportRule":   importRule(tree),
		"LibraryRule":  libraryRule(tree),
		"PureCore":     pureCore(tree),
		"OneComment":   oneComment(tree),
		"FewReveal":    fewReveal(tree),
		"EverySOPRow":  everyRow(tree),
		"TestKits":     noTestKits(tree),
		"Manners":      manners(tree, sleepers),
		"NothingKept":  nothingKept(tree),
		"WholeHouse":   wholeHouse(tree),
		"NoTricks":     noTricks(tree),
		"NoneBeside":   noneBeside(tree),
		"ReadmeIsAMap": mapShows(tree, string(readme)),
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range found {
				t.Error(f)
			}
		})
	}
}

// fake is a tree of "path: source" files.
func fake(t *testing.T, files map[string]string) []source {
	t.Helper()
	root := fstest.MapFS{}
	for p, text := range files {
		root[p] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestRulesBite feeds each rule the fault that it is for, beside the right thing, and wants exactly the fault.
func TestRulesBite(t *testing.T) {
	var rows strings.Builder
	for _, r := range sopRows[1:] {
		rows.WriteString("// SOP " + r + "\n")
	}
	withRule := func(rule func([]source, map[string]string) []string, excused string) func([]source) []string {
		return func(tree []source) []string {
			m := map[string]string{}
			if excused != "" {
				m[excused] = "because"
			}
			return rule(tree, m)
		}
	}
	for _, c := range []struct {
		name  string
		rule  func([]source) []string
		files map[string]string
		want  []string // each a part of one finding, in any order
	}{
		{"core imports edge", importRule, map[string]string{
			"internal/sop/a.go": `package sop; import "ukpbjd/internal/store"`,
			"internal/sop/b.go": `package sop; import "ukpbjd/internal/workday"`,
		}, []string{"internal/sop/a.go:1: imports internal/store: the core"}},
		{"edge imports edge", importRule, map[string]string{
			"internal/store/bolt/a.go":     `package bolt; import "ukpbjd/internal/store"`,
			"internal/report/a.go":         `package report; import ("ukpbjd/internal/sop"; "ukpbjd/internal/store/bolt")`,
			"internal/report/some_test.go": `package report; import "ukpbjd/internal/mailbox"`,
		}, []string{"internal/report/a.go:1: imports internal/store/bolt: an edge"}},
		{"config and templates", importRule, map[string]string{
			"internal/postman/a.go": `package postman; import "ukpbjd/internal/config"`,
			"internal/letter/a.go":  `package letter; import "ukpbjd/templates"`,
			"internal/daemon/a.go":  `package daemon; import ("ukpbjd/internal/config"; "ukpbjd/templates"; "ukpbjd/internal/clerk")`,
			"templates/a.go":        `package templates; import "ukpbjd/internal/sop"`,
		}, []string{"internal/postman/a.go:1", "internal/letter/a.go:1", "templates/a.go:1"}},
		{"shell from outside", importRule, map[string]string{
			"internal/store/a.go":   `package store; import "ukpbjd/internal/daemon"`,
			"internal/office/a.go":  `package office; import "ukpbjd/internal/control"`,
			"internal/cli/a.go":     `package cli; import ("ukpbjd/internal/daemon"; "ukpbjd/internal/clerk"; "ukpbjd/internal/outbox"; "ukpbjd/internal/extract")`,
			"cmd/ukpbjd/main.go":    `package main; import "ukpbjd/internal/cli"`,
			"cmd/ukpbjd/another.go": `package main; import "ukpbjd/internal/sop"`,
			"cmd/ukpbjd/third.go":   `package main; import "ukpbjd/internal/office"`,
		}, []string{"internal/store/a.go:1", "internal/office/a.go:1", "cmd/ukpbjd/another.go:1", "cmd/ukpbjd/third.go:1"}},
		{"shell in circles", importRule, map[string]string{
			"internal/daemon/a.go":        `package daemon; import "ukpbjd/internal/control"`,
			"internal/control/a.go":       `package control; import "ukpbjd/internal/audit/replay"`,
			"internal/audit/a.go":         `package audit; import "ukpbjd/internal/daemon"`,
			"internal/audit/replay/a.go":  `package replay; import "ukpbjd/internal/sop"`,
			"internal/doctor/a.go":        `package doctor; import "ukpbjd/internal/daemon"`,
			"internal/backup/a_test.go":   `package backup; import "ukpbjd/internal/cli"`,
			"internal/cli/a.go":           `package cli; import ("ukpbjd/internal/backup"; "ukpbjd/internal/doctor")`,
			"internal/stage/a.go":         `package stage; import "ukpbjd/internal/stage/actor"`,
			"internal/stage/actor/act.go": `package actor; import "ukpbjd/internal/stage"`,
		}, []string{"internal/daemon/a.go:1: imports internal/control: the shell goes in a circle", "internal/control/a.go:1", "internal/audit/a.go:1"}},
		{"work imports work", importRule, map[string]string{
			"internal/intake/a.go":      `package intake; import ("ukpbjd/internal/queue"; "ukpbjd/internal/office"; "ukpbjd/internal/mailbox"; "ukpbjd/internal/sop")`,
			"internal/office/a.go":      `package office; import ("ukpbjd/internal/queue"; "ukpbjd/internal/store")`,
			"internal/outbox/a.go":      `package outbox; import "ukpbjd/internal/intake"`,
			"internal/office/b.go":      `package office; import "ukpbjd/internal/tasks"`,
			"internal/office/b_test.go": `package office; import "ukpbjd/internal/tasks"`,
		}, []string{"internal/outbox/a.go:1: imports internal/intake: the work", "internal/office/b.go:1: imports internal/tasks: the work"}},
		{"queue imports rooms", importRule, map[string]string{
			"internal/queue/a.go": `package queue; import ("ukpbjd/internal/office"; "golang.org/x/sync/errgroup"; "time")`,
			"internal/queue/b.go": `package queue; import "ukpbjd/internal/sop"`,
		}, []string{"internal/queue/a.go:1: imports internal/office", "internal/queue/b.go:1: imports internal/sop: queue imports nothing"}},
		{"below the work", importRule, map[string]string{
			"internal/sop/a.go":    `package sop; import "ukpbjd/internal/queue"`,
			"internal/store/a.go":  `package store; import "ukpbjd/internal/queue"`,
			"internal/timer/a.go":  `package timer; import "ukpbjd/internal/config"`,
			"internal/tasks/a.go":  `package tasks; import "ukpbjd/templates"`,
			"internal/outbox/a.go": `package outbox; import "ukpbjd/internal/postman"`,
		}, []string{"internal/sop/a.go:1: imports internal/queue: the core", "internal/store/a.go:1: imports internal/queue: an edge",
			"internal/timer/a.go:1: imports internal/config: only the shell", "internal/tasks/a.go:1: imports templates: only the shell"}},
		{"unknown room", importRule, map[string]string{
			"internal/annex/a.go": `package annex`, "internal/sop/a.go": `package sop`,
		}, []string{"internal/annex/a.go: a room"}},
		{"library of another room", libraryRule, map[string]string{
			"internal/mailbox/a.go":      `package mailbox; import _ "github.com/emersion/go-imap/v2/imapclient"`,
			"internal/postman/a.go":      `package postman; import _ "github.com/emersion/go-imap/v2"`,
			"internal/store/bolt/a.go":   `package bolt; import _ "go.etcd.io/bbolt"`,
			"internal/store/a.go":        `package store; import _ "go.etcd.io/bbolt"`,
			"internal/postman/b.go":      `package postman; import _ "github.com/nobody/nothing"`,
			"internal/postman/a_test.go": `package postman; import _ "pgregory.net/rapid"`,
		}, []string{"internal/postman/a.go:1", "internal/store/a.go:1", "internal/postman/b.go:1"}},
		{"test library in the binary", libraryRule, map[string]string{
			"internal/store/a.go":             `package store; import _ "pgregory.net/rapid"`,
			"internal/store/storetest/all.go": `package storetest; import _ "pgregory.net/rapid"`,
		}, []string{"internal/store/a.go:1"}},
		{"second library in the core", libraryRule, map[string]string{
			"internal/message/a.go": `package message; import _ "github.com/jhillyerd/enmime/v2"`,
			"internal/message/b.go": `package message; import _ "golang.org/x/net/html"`,
		}, []string{"internal/message/b.go:1: imports golang.org/x/net/html: a core room", "only [htmltext extract] may"}},
		{"clock in the core", pureCore, map[string]string{
			"internal/sop/a.go":      "package sop\n\nimport clock \"time\"\n\nvar a = clock.Now()\nvar b = clock.Hour",
			"internal/sop/b.go":      "package sop\n\nimport . \"time\"",
			"internal/triage/a.go":   "package triage\n\nimport \"time\"\n\nvar f = time.Since",
			"internal/mailbox/a.go":  "package mailbox\n\nimport \"time\"\n\nvar a = time.Now()",
			"internal/sop/a_test.go": "package sop\n\nimport \"time\"\n\nvar c = time.Now()",
		}, []string{"internal/sop/a.go:5: the core uses time.Now", "internal/sop/b.go:3", "internal/triage/a.go:5"}},
		{"chance, log, disk, network in the core", pureCore, map[string]string{
			"internal/sop/a.go":      "package sop\n\nimport _ \"math/rand/v2\"\nimport _ \"log/slog\"\nimport _ \"os\"\nimport _ \"net/http\"\nimport _ \"crypto/rand\"",
			"internal/message/a.go":  "package message\n\nimport _ \"net/mail\"\nimport _ \"net/netip\"\nimport _ \"crypto/sha256\"\nimport _ \"osmosis\"",
			"internal/document/a.go": "package document\n\nimport \"fmt\"\n\nvar a, _ = fmt.Println()\nvar b = fmt.Sprint()",
		}, []string{"a.go:3", "a.go:4", "a.go:5", "a.go:6", "a.go:7", "internal/document/a.go:5: the core uses fmt.Println"}},
		{"package comments", oneComment, map[string]string{
			"internal/sop/a.go":       "// Package sop is the heart.\npackage sop",
			"internal/sop/b.go":       "package sop",
			"internal/letter/a.go":    "// Package letter writes.\npackage letter",
			"internal/letter/b.go":    "// Package letter writes again.\npackage letter",
			"internal/message/a.go":   "package message",
			"internal/triage/a.go":    "// Triage sorts.\npackage triage",
			"cmd/ukpbjd/main.go":      "// Command ukpbjd runs the procedure.\npackage main",
			"internal/only/a_test.go": "package only",
		}, []string{"internal/letter: 2", "internal/message: 0", "internal/triage/a.go:1"}},
		{"reveals", fewReveal, map[string]string{
			"internal/letter/a.go":      `package letter; func f(s S) { s.Reveal() }`,
			"internal/report/a.go":      `package report; func f(s S) { g := s.Reveal; g() }`,
			"internal/report/a_test.go": `package report; func h(s S) { s.Reveal() }`,
			"internal/report/b.go":      `package report; func i(s S) { s.Revealed() }`,
		}, []string{"internal/report/a.go:1: report reveals"}},
		{"SOP rows", everyRow, map[string]string{
			"internal/sop/a.go":      "package sop\n\n" + rows.String() + "var a = 1",
			"internal/sop/b.go":      "// Package sop carries out SOP 1.1.\npackage sop\n\n// SOP 2.1, 2.2 and\n// 9.9 and SOP 02\nvar b = 1",
			"internal/sop/b_test.go": "package sop\n\n// SOP 1.1\nvar c = 1",
		}, []string{"cites SOP 9.9", "no line of code cites SOP 1.1"}},
		{"test kits", noTestKits, map[string]string{
			"internal/daemon/a.go":          `package daemon; import "ukpbjd/internal/store/storetest"`,
			"internal/daemon/a_test.go":     `package daemon; import "ukpbjd/internal/store/storetest"`,
			"internal/store/storetest/a.go": `package storetest; import "ukpbjd/internal/extract/clamdtest"`,
			"internal/store/b.go":           `package store; import "ukpbjd/internal/store/bolt"`,
			"internal/stage/new/doubles.go": `package doubles; import "testing/synctest"`,
		}, []string{"internal/daemon/a.go:1: imports internal/store/storetest", "internal/stage/new/doubles.go:1: imports testing/synctest"}},
		{"manners", withRule(manners, "internal/sop/calm.go"), map[string]string{
			"internal/sop/a.go":         "package sop\n\nfunc init() {}\n\n// " + "TO" + "DO: more\nfunc (x X) init() {}",
			"internal/sop/a_test.go":    "package sop\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }",
			"internal/sop/calm.go":      "package sop\n\nimport \"time\"\n\nfunc g() { time.Sleep(1) }",
			"internal/sop/util/case.go": "package util",
			"internal/sop/types.go":     "package sop",
		}, []string{"a.go:3: init", "a.go:5: TO" + "DO", "a_test.go:5: sleeps", "util/case.go: a name", "sop/types.go: a name"}},
		{"failures kept", nothingKept, map[string]string{
			"internal/sop/a_test.go":        `package sop; import "pgregory.net/rapid"`,
			"internal/store/a_test.go":      `package store; import "pgregory.net/rapid"`,
			"internal/store/b_test.go":      `package store_test; import "flag"; var _ = flag.Set("rapid.nofailfile", "true")`,
			"internal/store/storetest/a.go": `package storetest; import "pgregory.net/rapid"`,
		}, []string{"internal/sop/a_test.go: nothing"}},
		{"laws left out", wholeHouse, map[string]string{
			"internal/queue/a.go":      "package queue\n\ntype Policy struct{ Without Without }\n\nvar none = Without{}\n\nfunc (q Q) f() bool { return q.o.Policy.Without.OneFate }",
			"internal/daemon/a.go":     "package daemon\n\nvar a = queue.Without{OneFate: true}\n\nfunc f(p P) {\n\tp.Policy.Without.Arrival = true\n\tg(&p.Policy.Without)\n}",
			"internal/queue/b.go":      "package queue\n\nvar b = Policy{Without: none}\nvar c = Without{true}",
			"internal/stage/a_test.go": "package stage\n\nvar a = queue.Without{OneFate: true}",
		}, []string{"daemon/a.go:3", "daemon/a.go:6", "daemon/a.go:7", "queue/b.go:3", "queue/b.go:4"}},
		{"tricks", noTricks, map[string]string{
			"internal/store/bolt/a.go": "package bolt\n\nvar a = unix.Madvise(m, unix.MADV_DONTNEED)\nvar b = syscall.SYS_MADVISE\nvar madam = 1",
		}, []string{"a.go:3: Madvise", "a.go:3: MADV_DONTNEED", "a.go:4: SYS_MADVISE"}},
		{"goroutines", noneBeside, map[string]string{
			"internal/sop/a.go":      "package sop\n\nimport \"sync/atomic\"",
			"internal/sop/a_test.go": "package sop\n\nimport \"sync\"",
			"internal/report/a.go":   "package report\n\nfunc f() {\n\tgo f()\n}",
			"internal/queue/a.go":    "package queue\n\nimport \"sync\"\n\nfunc f() { go f() }",
		}, []string{"internal/sop/a.go:3: imports sync/atomic", "internal/report/a.go:4: starts a goroutine"}},
		{"map", func(tree []source) []string { return mapShows(tree, "| `sop` |") }, map[string]string{
			"internal/sop/a.go": "package sop", "internal/store/a.go": "package store", "internal/store/bolt/a.go": "package bolt",
			"internal/arch_test.go": "package internal_test",
		}, []string{"does not name `store`"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := c.rule(fake(t, c.files))
			if len(found) != len(c.want) {
				t.Errorf("%d findings, want %d: %q", len(found), len(c.want), found)
			}
			for _, w := range c.want {
				if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, w) }) {
					t.Errorf("no finding says %q: %q", w, found)
				}
			}
		})
	}
}

// A file that does not parse, or a tree without the house in it, is an error and not a clean report.
func TestLoadRefusesBrokenSource(t *testing.T) {
	if _, err := load(fstest.MapFS{"internal/sop/a.go": {Data: []byte("package sop\nfunc {")}}); err == nil {
		t.Error("a broken file was read without an error")
	}
	tree, err := load(fstest.MapFS{
		"internal/sop/testdata/a.go": {Data: []byte("broken")}, ".scratch/a.go": {Data: []byte("broken")}, "internal/sop/a.go": {Data: []byte("package sop")},
	})
	if err != nil || len(tree) != 1 || tree[0].room != "sop" {
		t.Errorf("got %v, %v", tree, err)
	}
}
