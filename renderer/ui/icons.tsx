import arrowLeft from "lucide-static/icons/arrow-left.svg?raw";
import arrowUp from "lucide-static/icons/arrow-up.svg?raw";
import arrowDown from "lucide-static/icons/arrow-down.svg?raw";
import ban from "lucide-static/icons/ban.svg?raw";
import bookOpen from "lucide-static/icons/book-open.svg?raw";
import braces from "lucide-static/icons/braces.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import chevronDown from "lucide-static/icons/chevron-down.svg?raw";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import circleAlert from "lucide-static/icons/circle-alert.svg?raw";
import circleHelp from "lucide-static/icons/circle-question-mark.svg?raw";
import command from "lucide-static/icons/command.svg?raw";
import copy from "lucide-static/icons/copy.svg?raw";
import database from "lucide-static/icons/database.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import ellipsis from "lucide-static/icons/ellipsis.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import eyeOff from "lucide-static/icons/eye-off.svg?raw";
import fileUp from "lucide-static/icons/file-up.svg?raw";
import fileText from "lucide-static/icons/file-text.svg?raw";
import flask from "lucide-static/icons/flask-conical.svg?raw";
import gitFork from "lucide-static/icons/waypoints.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import list from "lucide-static/icons/list.svg?raw";
import moon from "lucide-static/icons/moon.svg?raw";
import panelLeft from "lucide-static/icons/panel-left.svg?raw";
import pin from "lucide-static/icons/pin.svg?raw";
import play from "lucide-static/icons/play.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import redo from "lucide-static/icons/redo-2.svg?raw";
import refresh from "lucide-static/icons/refresh-cw.svg?raw";
import rotate from "lucide-static/icons/rotate-ccw.svg?raw";
import scale from "lucide-static/icons/scale.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import shieldCheck from "lucide-static/icons/shield-check.svg?raw";
import sigma from "lucide-static/icons/sigma.svg?raw";
import sparkles from "lucide-static/icons/split.svg?raw";
import square from "lucide-static/icons/square.svg?raw";
import sun from "lucide-static/icons/sun.svg?raw";
import monitor from "lucide-static/icons/monitor.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import triangleAlert from "lucide-static/icons/triangle-alert.svg?raw";
import type from "lucide-static/icons/type.svg?raw";
import undo from "lucide-static/icons/undo-2.svg?raw";
import variable from "lucide-static/icons/variable.svg?raw";
import x from "lucide-static/icons/x.svg?raw";

const sources = {
  arrowLeft,
  arrowUp,
  arrowDown,
  ban,
  bookOpen,
  braces,
  check,
  chevronDown,
  chevronRight,
  circleAlert,
  circleHelp,
  command,
  copy,
  database,
  download,
  ellipsis,
  eye,
  eyeOff,
  fileUp,
  fileText,
  flask,
  gitFork,
  info,
  list,
  monitor,
  moon,
  panelLeft,
  pin,
  play,
  plus,
  redo,
  refresh,
  rotate,
  scale,
  search,
  shieldCheck,
  sigma,
  split: sparkles,
  square,
  sun,
  trash,
  triangleAlert,
  type,
  undo,
  variable,
  x,
} as const;

export type IconName = keyof typeof sources;

/** The drawing as markup; size and colour come from the text around it. */
export function iconMarkup(name: IconName): string {
  return sources[name]
    .replace(/<!--.*?-->/s, "")
    .replace(/<svg[^>]*>/, (tag) => tag.replace(/\s(class|width|height)="[^"]*"/g, ""))
    .replace("<svg", '<svg class="icon" aria-hidden="true" focusable="false"');
}

const markup = new Map<IconName, string>();

export function Icon({ name }: { readonly name: IconName }) {
  let html = markup.get(name);
  if (html === undefined) markup.set(name, (html = iconMarkup(name)));
  return <span class="icon-box" dangerouslySetInnerHTML={{ __html: html }} />;
}
