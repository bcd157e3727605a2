// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/resnics/verbsmith/mage/internal/matrix"
	"github.com/resnics/verbsmith/mage/internal/tail"
	"github.com/resnics/verbsmith/scripts"
)

// onSlurm is the value of -on for the cluster that this machine submits to.
const onSlurm = "slurm"

// The most tasks of one array: Slurm's own default (MaxArraySize) is one more.
const mostTasks = 1000

// slurm runs cells as tasks of job arrays. Cells that are asked for at about the same time are one array; which node runs which when, and
// what happens to a task whose node fails, is Slurm's to decide.
type slurm struct {
	*matrixRun

	ctx     context.Context //nolint:containedctx // of the matrix, which all arrays belong to
	dir     string          // below the directory of outputs, which all nodes see
	jobs    int             // tasks of an array at once; 0: as many as Slurm runs
	gather  time.Duration   // how long cells are waited for before an array is submitted
	period  time.Duration   // between two looks at the queue
	program string          // a copy of this program, which all nodes see

	mu      sync.Mutex
	pending []slurmTask
	arrays  int
}

// slurmTask is a cell that waits for its end.
type slurmTask struct {
	cell  matrix.Cell
	ended chan string // why it ended, as far as Slurm says; closed
}

// slurmPlace prepares the directory that the nodes read.
func (r *matrixRun) slurmPlace(ctx context.Context, jobs *int) (matrix.Place, error) {
	const gather, period = time.Second, 3 * time.Second
	s := &slurm{matrixRun: r, ctx: ctx, dir: filepath.Join(r.matrixDir(), onSlurm), gather: gather, period: period}
	if jobs != nil {
		s.jobs = *jobs
	}
	if err := s.answers(ctx); err != nil {
		return matrix.Place{}, err
	}
	var err error
	if s.program, err = s.copyProgram(ctx); err != nil {
		return matrix.Place{}, err
	}
	const patience = 5 * time.Minute
	return matrix.Place{
		Name: onSlurm, Slots: min(len(r.plan.cells), mostTasks), Run: s.run,
		Answers: func(ctx context.Context) error {
			waiting, stop := context.WithTimeout(ctx, patience)
			defer stop()
			return s.await(waiting)
		},
	}, nil
}

// answers asks for Slurm's controller.
func (s *slurm) answers(ctx context.Context) error {
	_, err := command(ctx, "scontrol", "ping")
	return err
}

// await waits for it.
func (s *slurm) await(ctx context.Context) error {
	for {
		err := s.answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(s.period):
		}
	}
}

// copyProgram puts the running program and the script of a task where the nodes find them.
func (s *slurm) copyProgram(ctx context.Context) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program's file: %w", err)
	}
	script, err := scripts.Read(scripts.SlurmCell)
	if err != nil {
		return "", err
	}
	for name, read := range map[string]func() ([]byte, error){
		"program":         func() ([]byte, error) { return os.ReadFile(self) },
		scripts.SlurmCell: func() ([]byte, error) { return script, nil },
	} {
		data, err := read()
		if err == nil {
			_, err = s.pipeline.Collector().Place(ctx, s.dir, name, data)
		}
		if err == nil {
			err = os.Chmod(filepath.Join(s.dir, name), 0o755)
		}
		if err != nil {
			return "", fmt.Errorf("give the nodes this program: %w", err)
		}
	}
	return filepath.Join(s.dir, "program"), nil
}

// run runs a cell as a task, and returns its verdict.
func (s *slurm) run(ctx context.Context, c matrix.Cell) matrix.Result {
	if err := s.forget(ctx, c); err != nil {
		return matrix.Of(c).With(matrix.Lost, s.ui.FirstLine(err))
	}
	task := slurmTask{cell: c, ended: make(chan string, 1)}
	s.mu.Lock()
	s.pending = append(s.pending, task)
	if len(s.pending) == 1 {
		time.AfterFunc(s.gather, s.submit)
	}
	s.mu.Unlock()
	why := <-task.ended
	return s.verdict(c, errors.New(why)) //nolint:err113 // Slurm's own words
}

// submit makes an array of the cells that wait, and ends their waiting when their tasks have ended.
func (s *slurm) submit() {
	s.mu.Lock()
	tasks := s.pending
	s.pending = nil
	s.arrays++
	number := s.arrays
	s.mu.Unlock()
	stage := s.stage(fmt.Sprintf("job array %d of Slurm", number))
	err := s.array(number, tasks, func(done int) { stage.Step(done, len(tasks), "") })
	if err != nil {
		stage.Fail(err)
	} else {
		stage.Done()
	}
	for _, t := range tasks {
		if err != nil {
			t.ended <- s.ui.FirstLine(err)
		}
		close(t.ended)
	}
}

// array submits the tasks and waits for their ends. An interrupt cancels them.
func (s *slurm) array(number int, tasks []slurmTask, progress func(done int)) error {
	var ids bytes.Buffer
	for _, t := range tasks {
		ids.WriteString(t.cell.ID() + "\n")
	}
	list, err := s.pipeline.Collector().Place(s.ctx, s.dir, fmt.Sprintf("cells-%d.txt", number), ids.Bytes())
	if err != nil {
		return err
	}
	array := fmt.Sprintf("--array=0-%d", len(tasks)-1)
	if s.jobs > 0 {
		array += "%" + strconv.Itoa(s.jobs)
	}
	here, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	env := append(os.Environ(), "CI=true", distVariable+"="+s.dirs.dist)
	args := []string{
		"--parsable", array, "--job-name=verbsmith", "--requeue", "--open-mode=append", "--chdir=" + here,
		"--output=" + filepath.Join(s.dir, "%A_%a.log"), "--export=" + exported(env),
		filepath.Join(s.dir, scripts.SlurmCell), list, s.program,
	}
	said, err := commandIn(s.ctx, env, "sbatch", append(args, s.arguments()...)...)
	if err != nil {
		return err
	}
	job, _, _ := strings.Cut(strings.TrimSpace(said), ";")
	defer s.cancel(job)
	return s.follow(job, tasks, progress)
}

// cancel ends what is left of a job: nothing, unless the matrix was interrupted.
func (s *slurm) cancel(job string) {
	if s.ctx.Err() == nil {
		return
	}
	const patience = 10 * time.Second
	ctx, stop := context.WithTimeout(context.WithoutCancel(s.ctx), patience)
	defer stop()
	if _, err := command(ctx, "scancel", job); err != nil {
		s.pipeline.Log.WarnContext(ctx, "the job array may still run", "job", job, "because", err)
	}
}

// follow waits until no task of a job is in the queue, and ends the waiting of each that is not.
func (s *slurm) follow(job string, tasks []slurmTask, progress func(done int)) error {
	const patience = 10 * time.Minute // for a controller that starts again
	silent := time.Now()
	over := map[int]bool{}
	for {
		left, err := s.queued(job)
		switch {
		case s.ctx.Err() != nil:
			return context.Cause(s.ctx)
		case err == nil:
			silent = time.Now()
			for i, t := range tasks {
				if !left[i] && !over[i] {
					over[i] = true
					s.keepLog(job, i, t.cell)
					t.ended <- s.reason(job, i)
				}
			}
			if progress(len(over)); len(over) == len(tasks) {
				return nil
			}
		case time.Since(silent) > patience:
			return fmt.Errorf("the controller does not answer: %w", err)
		}
		select {
		case <-s.ctx.Done():
		case <-time.After(s.period):
		}
	}
}

// queued are the numbers of a job's tasks that have not ended.
func (s *slurm) queued(job string) (map[int]bool, error) {
	said, err := command(s.ctx, "squeue", "--noheader", "--array", "--states=all", "--jobs="+job, "--format=%K %t")
	if err != nil && strings.Contains(err.Error(), "Invalid job id") {
		return nil, nil //nolint:nilnil // it was forgotten: nothing is left
	}
	if err != nil {
		return nil, err
	}
	left := map[int]bool{}
	for line := range strings.Lines(said) {
		task, state, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(task)
		if err == nil && !slices.Contains([]string{"CD", "F", "CA", "TO", "NF", "OOM", "BF", "DL"}, state) {
			left[n] = true
		}
	}
	return left, nil
}

// reason says how a task ended.
func (s *slurm) reason(job string, task int) string {
	name := job + "_" + strconv.Itoa(task)
	said, err := command(s.ctx, "squeue", "--noheader", "--array", "--states=all", "--jobs="+name, "--format=%T on %N")
	if said = strings.TrimSpace(said); err != nil || said == "" {
		return "its task of Slurm's job " + job + " has ended"
	}
	return "Slurm: " + said
}

// keepLog makes the log of a task that of its cell.
func (s *slurm) keepLog(job string, task int, c matrix.Cell) {
	log := filepath.Join(s.dir, fmt.Sprintf("%s_%d.log", job, task))
	s.matrixRun.keepLog(s.ctx, log, c)
	_ = os.Remove(log) // of Slurm's: nobody else would
}

// exported names the variables of an environment that tasks get: a value with a comma could not be given there. The engine is the node's
// own, so none says where one is.
func exported(env []string) string {
	var names []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		wanted := (strings.HasPrefix(name, "VERBSMITH_") && name != traceVariable) || strings.HasSuffix(strings.ToLower(name), "_proxy")
		if wanted || slices.Contains([]string{"HOME", "PATH", "USER", "LANG", "CI"}, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ",")
}

// command runs a program of Slurm's, and returns what it prints.
func command(ctx context.Context, name string, args ...string) (string, error) {
	return commandIn(ctx, nil, name, args...)
}

// commandIn is command in an environment, nil for this process's.
func commandIn(ctx context.Context, env []string, name string, args ...string) (string, error) {
	const patience, most = time.Minute, 4 << 10
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	cmd := exec.CommandContext(ctx, name, args...)
	said := tail.New(most)
	cmd.Env, cmd.Stderr = env, said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(said.String()))
	}
	return string(out), nil
}
