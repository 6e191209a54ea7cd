/** What schemathesis is told beside the document, so that no right answer is a finding. */
export const SETTINGS = `
# 422: rules that no schema says, such as those of passwords, policies, cursors and keys that were used before.
# 400: schemathesis sends an If-Match that is no entity tag, and takes it for valid.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 412, 422, 429, 503]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429, 431, 503]
`;

/** An operation that stands where an account of that name would has the methods of the account, too: the document cannot say so. */
export const LEFT_OUT = 'allow_header_conformance';
