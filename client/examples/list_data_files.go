// Lists the data files that a process has mapped: list_data_files PID [PIPE]
//
// Prints address, size and path of each view. Exit: 0 the list is complete, 1 it is not.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

const errorPipeBusy = syscall.Errno(231)

type row struct {
	Type, Base, Path, Message string
	DevicePath                string `json:"device_path"`
	Size, Rows                uint64
}

// Waits up to five seconds while every instance of the pipe has a client.
func openPipe(name string) (*os.File, error) {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		pipe, err := os.OpenFile(name, os.O_RDWR, 0)
		if !errors.Is(err, errorPipeBusy) || time.Now().After(deadline) {
			return pipe, err
		}
	}
}

func listDataFiles(pid uint64, pipeName string) error {
	pipe, err := openPipe(pipeName)
	if err != nil {
		return err
	}
	defer pipe.Close()
	if _, err = fmt.Fprintf(pipe, `{"op":"maps","pid":%d,"kinds":["data"]}`+"\n", pid); err != nil {
		return err
	}
	var missing error // why something is not in the list
	lines := json.NewDecoder(pipe)
	for count := uint64(0); ; count++ {
		var line row // null leaves a member empty
		if lines.Decode(&line) != nil {
			return errors.New("the reply was cut off")
		}
		switch line.Type {
		case "map":
			if line.Path == "" {
				line.Path = line.DevicePath
			}
			fmt.Printf("%s\t%d\t%s\n", line.Base, line.Size, line.Path)
		case "process_error":
			missing = errors.New(line.Message)
		case "error":
			return errors.New(line.Message)
		case "end":
			if line.Rows != count {
				return errors.New("rows are missing")
			}
			return missing
		}
	}
}

func main() {
	pipeName := `\\.\pipe\ProtectedPrefix\Administrators\lsmap`
	if len(os.Args) > 2 {
		pipeName = os.Args[2]
	}
	err := errors.New("usage: list_data_files PID [PIPE]")
	if len(os.Args) > 1 {
		var pid uint64
		if pid, err = strconv.ParseUint(os.Args[1], 10, 32); err == nil {
			err = listDataFiles(pid, pipeName)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
