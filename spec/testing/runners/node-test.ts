import { describe, it } from "node:test";
import { suites } from "./suites.js";

suites({ describe, it });
