// SPDX-License-Identifier: Apache-2.0

package lab

import "embed"

// RecorderText is the program that runs rdma-core's suite in the guest.
//
//go:embed recorder.py
var RecorderText []byte

// ExerciseSource is the directory exercise: the C sources of the program that exercises verbs devices.
//
//go:embed exercise
var ExerciseSource embed.FS
