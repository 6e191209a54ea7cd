/** What schemathesis is told beside the document: a test case must not be a finding where the answer is right. */
export const SETTINGS = `
# 422: rules that no schema says, such as those of passwords, policies, cursors and keys that were used before.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, 503]

# The same path is that of an account, which takes other methods.
[[operations]]
include-path = "/tenants/{tenant}/accounts/unlock"
checks.allow_header_conformance.enabled = false
`;
