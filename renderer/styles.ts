import "./theme/fonts.css";
import "./theme/tokens.css";
import "./theme/prose.css";
import "./theme/controls.css";
import "./theme/layout.css";
import "./theme/cell.css";
import "./theme/output.css";
import "./theme/library.css";
