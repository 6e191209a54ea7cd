// jobs: one durable queue with backoff: mails, timed changes of policy, and all work that must outlive its process.
// Not here: what a job does. The rooms bring their handlers, which may run twice and must bear it.
export { createJobs, giveJobsLanes, type JobHandlers, type JobRun, type Jobs, type NewJob } from './jobs.ts';
