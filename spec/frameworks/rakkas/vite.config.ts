import react from "@vitejs/plugin-react";
import rakkas from "rakkasjs/vite-plugin";

export default { plugins: [react(), rakkas()] };
