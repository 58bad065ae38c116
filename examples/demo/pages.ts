/** The pages of this package that the demo links to. */
const FOLDER = "https://github.com/hattipjs/hattip/blob/main/packages/middleware/session";

export const README = `${FOLDER}/README.md`;
export const WHICH_STORE = `${FOLDER}/README.md#which-store`;
export const GENERATION_NUMBER = `${FOLDER}/docs/log-in.md#a-generation-number`;
