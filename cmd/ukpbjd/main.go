// Command ukpbjd runs SOP 02 of an Indonesian procurement office by email: accounts for the members of a Pokja.
package main

import (
	"context"
	"os"

	"ukpbjd/internal/cli"
)

func main() { os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }
