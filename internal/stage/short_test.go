package stage

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// short are the offices that play under -short, which is how the race detector sees this room: between them every loop runs beside
// the others, meets a fault and its end, and is stopped in the middle. The other tests show what is decided, not what runs beside it.
const short = "TestSunnyDay TestPoison TestHealthOfEachQueue TestHealthOfEachLoopHasAnEnd TestStopped TestStoppedWhileReading TestFullDisk " +
	"TestMailServerTrouble TestMailboxTrouble TestTwoDeliveries TestSecondDaemon TestRetryInPlace TestGapIsRead TestReadyWhenServerIsBack " +
	"TestSuspectsAreReadAlone TestRetention TestShort"

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() && flag.Lookup("test.run").Value.String() == "" {
		flag.Set("test.run", "^("+strings.ReplaceAll(short, " ", "|")+")$")
	}
	os.Exit(m.Run())
}

// TestShort: whoever renames a test does not lose it under -short.
func TestShort(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for name := range strings.FieldsSeq(short) {
		left[name] = true
	}
	for _, f := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				delete(left, fn.Name.Name)
			}
		}
	}
	for name := range left {
		t.Error("no test is called ", name)
	}
}
