// SPDX-License-Identifier: Apache-2.0

package lab

import _ "embed"

// RecorderText is the program that runs rdma-core's suite in the guest.
//
//go:embed recorder.py
var RecorderText []byte
