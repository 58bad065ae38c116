import { createRequestHandler } from "rakkasjs/server";
import { handlers } from "./app.js";

export default createRequestHandler({ middleware: { beforeAll: handlers } });
