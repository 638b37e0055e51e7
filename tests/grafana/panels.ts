// Dashboards as JSON: an enum's member stands there as its value.

import type { AnnotationQuery, Dashboard, GraphFieldConfig, Panel, RowPanel, TableFieldOptions } from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TableOptions } from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type { Options as TimeSeriesOptions } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Plain<T> = T extends string
  ? `${T}`
  : T extends object
    ? { [K in keyof T]: Plain<T[K]> }
    : T;

interface PrometheusQuery {
  refId: string;
  datasource: { type: "prometheus"; uid: "prometheus" };
  expr: string;
  legendFormat?: string;
  instant?: boolean;
  format?: "table";
}

type Of<Type extends string, Options, Custom> = Omit<Plain<Panel>, "type" | "targets" | "options" | "fieldConfig"> & {
  type: Type;
  targets: PrometheusQuery[];
  options: Plain<Options>;
  fieldConfig: Omit<Plain<Required<Panel>["fieldConfig"]>, "defaults"> & {
    defaults: Omit<Plain<Required<Panel>["fieldConfig"]["defaults"]>, "custom"> & { custom?: Plain<Custom> };
  };
};

interface PrometheusAnnotation extends Plain<AnnotationQuery> {
  datasource: PrometheusQuery["datasource"];
  expr: string;
  titleFormat: string;
}

export type WearcastDashboard = Omit<Plain<Dashboard>, "annotations" | "panels"> & {
  annotations: { list: (Plain<AnnotationQuery> | PrometheusAnnotation)[] };
  panels: (
    | Plain<RowPanel>
    | Of<"stat", StatOptions, never>
    | Of<"table", TableOptions, Partial<TableFieldOptions>>
    | Of<"timeseries", TimeSeriesOptions, GraphFieldConfig>
  )[];
};
