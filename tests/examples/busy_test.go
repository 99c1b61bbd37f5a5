// Runs the Go example 30 times at once against the pipe EXAMPLE_PIPE, for the process EXAMPLE_PID.
package main

import (
	"os"
	"strconv"
	"sync"
	"testing"
)

func TestBusy(t *testing.T) {
	pid, err := strconv.ParseUint(os.Getenv("EXAMPLE_PID"), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	var start, end sync.WaitGroup
	start.Add(1)
	for i := 0; i < 30; i++ {
		end.Add(1)
		go func() {
			defer end.Done()
			start.Wait()
			if err := listDataFiles(pid, os.Getenv("EXAMPLE_PIPE")); err != nil {
				t.Error(err)
			}
		}()
	}
	start.Done()
	end.Wait()
}
