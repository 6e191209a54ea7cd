// credentials: a person's own change of a credential, the same through every door: what is asked, what is counted, what ends, who is told.
// Not here: setting one for somebody else (administration), pages (sign-in, self-service, recovery), the rules themselves.
export { createOwnPassword, type Door, type OwnPassword, type Refusal } from './own-password.ts';
