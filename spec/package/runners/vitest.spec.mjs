import { describe, it } from "vitest";
import suites from "./suites.cjs";

suites({ describe, it });
