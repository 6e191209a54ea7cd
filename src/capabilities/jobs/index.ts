// jobs: one durable queue with backoff: mails, changes of policy at a set time, and whatever must outlive the process that began it.
// Not here: what a job does. The rooms bring their handlers, which may run twice and must bear it.
export { createJobs, giveJobsLanes, type JobHandlers, type JobRun, type Jobs, type NewJob } from './jobs.ts';
