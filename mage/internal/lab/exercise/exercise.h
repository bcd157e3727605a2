// SPDX-License-Identifier: Apache-2.0
// exercise: RDMA verbs on a real kernel, with the data checked.
//
// Nothing in here knows a provider: the same cases run on the one under test
// and on a reference, and are strict by the man pages of libibverbs and the
// InfiniBand architecture, not by what some provider does. No call is newer
// than rdma-core 34.
#ifndef EXERCISE_H
#define EXERCISE_H

#include <infiniband/verbs.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

// report.c: what came out.

// KERNEL is a deviation from the architecture in what the kernel writes, which
// no provider can mend: it is reported, and does not fail a case. Each one is
// named in the source where it is accepted, with exactly what is accepted.
//
// LOST is a message of UC or UD that did not arrive, which both may do (IBTA
// volume 1, 9.8): Soft RoCE drops a message of UC whose packets two CPUs
// reorder. What lost one is tried again, see report.
enum result { PASS, FAIL, SKIP, KERNEL, LOST };

// Set the reason of what is reported next.
enum result fail(const char *format, ...) PRINTF(1, 2);
enum result unsupported(const char *format, ...) PRINTF(1, 2);
enum result by_kernel(const char *format, ...) PRINTF(1, 2);
enum result lost(const char *format, ...) PRINTF(1, 2);
enum result again(enum result result, const char *reason);
// Prints one sub-result: "ok NAME", "not ok NAME: why",
// "skip NAME: why" or "kernel NAME: why". A call that gives LOST is made up to
// three times: a provider that loses every message fails.
#define report(call, ...)                                             \
	do {                                                          \
		enum result report_;                                  \
		unsigned int report_try_ = 1;                         \
		while ((report_ = (call)) == LOST && report_try_ < 3) \
			report_try_++;                                \
		report_result(report_, __VA_ARGS__);                  \
	} while (0)
void report_result(enum result result, const char *name, ...) PRINTF(2, 3);
// Text for the evidence of a case that passes.
void evidence(const char *format, ...) PRINTF(1, 2);
int verdict(void);
const char *reason(void);

// What the watchdog says that the program waited for.
void waiting_for(const char *format, ...) PRINTF(1, 2);
// What it says then besides, and when the program is killed.
void suspect(const char *what);
void watchdog(unsigned int seconds);

uint64_t now_ns(void);
uint64_t random64(void);
void random_seed(uint64_t seed);
// A number from 0 on that is below limit.
unsigned int below(unsigned int limit);
// Gives other threads, and the kernel's, the CPU.
void idle(unsigned int turn);
long resident_kib(void);
int open_files(void);

// main.c: arguments.
long number(const char *name, long standard);
const char *text(const char *name, const char *standard);

// device.c: the device and connected pairs of QPs on it.

struct device {
	const char *name;
	struct ibv_device *ib;
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_device_attr attr;
	struct ibv_port_attr port;
	union ibv_gid gid;
	int gid_index;
	unsigned int mtu;
};

extern struct device dev;

#define PORT 1
#define QKEY 0x11111111
#define GRH 40
#define MAX_SGE 8
#define WAIT_MS 10000
#define REMOTE                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

enum result device_open(const char *name);
void device_close(void);

// Memory that is registered, between two guards that nothing may touch.
struct buffer {
	uint8_t *base;
	uint8_t *data;
	size_t size;
	struct ibv_mr *mr;
};

enum result buffer_make(struct buffer *b, size_t size, int access);
enum result buffer_intact(const struct buffer *b);
enum result buffer_free(struct buffer *b);
void fill(void *to, size_t size, uint64_t seed);
struct ibv_sge sge_of(const struct buffer *b, size_t offset, size_t size);

struct pair_config {
	enum ibv_qp_type type;
	unsigned int send_depth, recv_depth, cq_depth; // 0: 16, 16, enough
	unsigned int sges, inline_size;		       // 0: 1, none
	size_t size;	 // of each end's buffer; 0: 64 KiB
	int access;	 // of the buffers; 0: REMOTE and binding
	bool extended;	 // post by ibv_wr_*
	bool invalidate; // ask for local_inv on UC as well
	bool windows;	 // ask for the operations on memory windows as well
	bool srq;
	bool one_cq; // one CQ for everything
	bool all_signaled;
	bool loose;	   // leave the QPs in RESET
	uint8_t rnr_retry; // 0: for ever
	bool rnr_never;
	bool impatient; // the peer is given up soon
	bool cq_ex;	// CQs of ibv_create_cq_ex
	struct ibv_comp_channel *channel;
	struct ibv_pd *pd; // 0: dev.pd
};

struct end {
	struct ibv_qp *qp;
	struct ibv_qp_ex *qpx; // where ibv_wr_* is to be used
	struct ibv_cq *scq, *rcq;
	struct ibv_srq *srq;
	struct buffer buf;
	struct ibv_qp_cap cap;
	unsigned int recv_cap; // of SRQ or receive queue
};

struct pair {
	struct pair_config config;
	struct end a, b;
	struct ibv_ah *ah;
};

enum result pair_open(struct pair *p, const struct pair_config *config);
enum result pair_connect(struct pair *p);
// Checks the guards as well.
enum result pair_close(struct pair *p);

struct ibv_ah *loopback_ah(struct ibv_pd *pd);
int qp_init(struct ibv_qp *qp);
int qp_ready(struct ibv_qp *qp, uint32_t peer, const struct pair_config *c);
int qp_state(struct ibv_qp *qp, enum ibv_qp_state state);

// Posts a list, by the API that the end is for. 0 or an errno.
int post(struct end *e, struct ibv_send_wr *wr, struct ibv_send_wr **bad);
int post_recv(struct end *e, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);
// One receive of one SGE; one send request. They fail with a reason.
enum result recv_one(struct end *e, uint64_t id, struct ibv_sge sge);
enum result send_one(struct end *e, struct ibv_send_wr *wr);
// What is posted most: a signaled SEND of one SGE, which stays the caller's.
struct ibv_send_wr signaled_send(struct ibv_sge *sge, uint64_t id);

// Waits for exactly one completion; what tells what for.
enum result await(struct ibv_cq *cq, struct ibv_wc *wc, unsigned int ms,
		  const char *what, ...) PRINTF(4, 5);
enum result await_n(struct ibv_cq *cq, struct ibv_wc *wc, int n,
		    unsigned int ms, const char *what);
// The receive at end B of what A has sent: LOST, not FAIL, where it does not
// come and the transport may lose it.
enum result await_arrival(const struct pair *p, struct ibv_wc *wc,
			  unsigned int ms, const char *what, ...) PRINTF(4, 5);
enum result none_left(struct ibv_cq *cq, const char *what);
// Fields that every completion has.
enum result is_wc(const struct ibv_wc *wc, const char *what, uint64_t id,
		  enum ibv_wc_status status, const struct ibv_qp *qp);
enum result is_good(const struct ibv_wc *wc, const char *what, uint64_t id,
		    enum ibv_wc_opcode opcode, const struct ibv_qp *qp);

const char *type_name(enum ibv_qp_type type);
const char *op_name(enum ibv_wr_opcode opcode);
enum ibv_wc_opcode completion_of(enum ibv_wr_opcode opcode);
// True if the errno says that there is no such thing here.
bool says_unsupported(int error);

// intercept.c: what goes to the kernel.

// Is asked before a command (enum ib_uverbs_write_cmds) of the device, any
// other call to it, or a mapping of its memory. 0 lets it go on, an errno value
// is what it fails with. It runs in the thread that calls.
enum { CALL_OTHER = 0x10000, CALL_MAP };
typedef int (*call_hook)(unsigned int command);
void intercept(call_hook with); // NULL: all goes on
pid_t thread_id(void);
char thread_state(pid_t thread);

#define TRY(call)                          \
	do {                               \
		enum result try_ = (call); \
		if (try_ != PASS)          \
			return try_;       \
	} while (0)

// Closes the pair; what came first is what counts.
static inline enum result done(struct pair *p, enum result result)
{
	if (result == PASS)
		return pair_close(p);
	char why[400];

	snprintf(why, sizeof(why), "%s", reason());
	pair_close(p);
	return again(result, why);
}

// The cases.
void case_claimed(void);
void case_opcodes(void);
void case_wrap(void);
void case_length(void);
void case_doorbell(void);
void case_flush(void);
void case_rnr(void);
void case_remote_errors(void);
void case_bad_input(void);
void case_cq(void);
void case_cqex(void);
void case_srq(void);
void case_multicast(void);
void case_threads(void);
void case_fork(void);
void case_async(void);
void case_resources(void);
void case_control(void);
void case_soak(void);
void case_kernel_error(void);
void case_reset_race(void);
void case_lost_doorbell(void);
void case_lost_ring(void);
void case_slow_path(void);
void case_rate(void);
void case_latency(void);

#endif
